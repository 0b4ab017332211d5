import Braid

/// The rows of the networks' blocks, in sizes that are quick.
extension LayerSample {
    private static let squares: [Shape] = [[2, 4, 6, 6], [1, 4, 5, 8]]

    static let models: [LayerSample] = [
        LayerSample("ResidualBlock", squares) { ResidualBlock(inputs: 4, channels: 4) },
        LayerSample("ResidualBlock", variant: "stride", squares) {
            ResidualBlock(inputs: 4, channels: 6, stride: 2)
        },
        LayerSample("BottleneckBlock", squares) { BottleneckBlock(inputs: 4, width: 1) },
        LayerSample("BottleneckBlock", variant: "stride", squares) {
            BottleneckBlock(inputs: 4, width: 2, stride: 2)
        },
        LayerSample("InvertedResidual", squares) { InvertedResidual(inputs: 4, channels: 4) },
        LayerSample("InvertedResidual", variant: "stride", squares) {
            InvertedResidual(inputs: 4, channels: 3, stride: 2, expansion: 1)
        },
        LayerSample("NormalizedConvolution", squares) {
            NormalizedConvolution(inputs: 4, channels: 3, kernel: 3, stride: 2)
        },
    ]
}
