import Braid

/// The rows of layers that move windows over images.
extension LayerSample {
    private static let lines: [Shape] = [[2, 4, 7], [1, 4, 10]]
    private static let volumes: [Shape] = [[2, 2, 4, 3, 5], [1, 2, 3, 5, 4]]

    static let convolutions: [LayerSample] = [
        LayerSample("Conv1D", lines) { Conv1D(3, kernel: 3, padding: 1) },
        LayerSample("Conv1D", variant: "all options", lines) {
            Conv1D(
                6, kernel: 2, stride: 2, padding: 1, dilation: 2, groups: 2, activation: .relu,
                usesBias: false)
        },
        LayerSample("Conv2D", images) { Conv2D(4, kernel: 3) },
        LayerSample("Conv2D", variant: "all options", images) {
            Conv2D(
                4, kernel: [2, 3], stride: 2, padding: [1, 2], dilation: 2, activation: .relu,
                usesBias: false)
        },
        LayerSample("Conv2D", variant: "groups", [[2, 4, 5, 6], [1, 4, 4, 4]]) {
            Conv2D(6, kernel: 3, groups: 2)
        },
        LayerSample("Conv2D", variant: "depthwise", images) {
            Conv2D(6, kernel: 3, stride: 2, padding: 1, groups: 3, activation: .relu)
        },
        LayerSample("Conv3D", volumes) { Conv3D(3, kernel: 2, stride: [1, 2, 1], padding: 1) },
        LayerSample("ConvTranspose1D", lines) {
            ConvTranspose1D(3, kernel: 3, stride: 2, padding: 1, outputPadding: 1)
        },
        LayerSample("ConvTranspose2D", images) { ConvTranspose2D(4, kernel: 3, stride: 2) },
        LayerSample("ConvTranspose2D", variant: "all options", images) {
            ConvTranspose2D(
                6, kernel: [2, 3], stride: [2, 1], padding: 1, outputPadding: [1, 0],
                dilation: [1, 2], groups: 3, activation: .tanh, usesBias: false)
        },
        LayerSample("ConvTranspose3D", volumes) {
            ConvTranspose3D(2, kernel: 2, stride: 2, padding: 1)
        },
    ]

    static let pooling: [LayerSample] = [
        LayerSample("MaxPool1D", lines) { MaxPool1D(2) },
        LayerSample("MaxPool1D", variant: "all options", lines) {
            MaxPool1D(3, stride: 2, padding: 1, roundsUp: true)
        },
        LayerSample("AdaptiveMaxPool1D", lines) { AdaptiveMaxPool1D(2) },
        LayerSample("GlobalMaxPool1D", lines) { GlobalMaxPool1D() },
        LayerSample("AveragePool1D", lines) { AveragePool1D(2) },
        LayerSample("AveragePool1D", variant: "all options", lines) {
            AveragePool1D(3, stride: 1, padding: 1, countsPadding: false, roundsUp: true)
        },
        LayerSample("AdaptiveAveragePool1D", lines) { AdaptiveAveragePool1D(2) },
        LayerSample("GlobalAveragePool1D", lines) { GlobalAveragePool1D() },
        LayerSample("MaxPool2D", images) { MaxPool2D(2) },
        LayerSample("MaxPool2D", variant: "all options", images) {
            MaxPool2D(3, stride: 2, padding: 1, roundsUp: true)
        },
        LayerSample("AdaptiveMaxPool2D", images) { AdaptiveMaxPool2D(2) },
        LayerSample("GlobalMaxPool2D", images) { GlobalMaxPool2D() },
        LayerSample("AveragePool2D", images) { AveragePool2D(2) },
        LayerSample("AveragePool2D", variant: "all options", images) {
            AveragePool2D(3, stride: 1, padding: 1, countsPadding: false, roundsUp: true)
        },
        LayerSample("AdaptiveAveragePool2D", images) { AdaptiveAveragePool2D(2) },
        LayerSample("GlobalAveragePool2D", images) { GlobalAveragePool2D() },
        LayerSample("MaxPool3D", volumes) { MaxPool3D(2) },
        LayerSample("MaxPool3D", variant: "all options", volumes) {
            MaxPool3D(3, stride: 2, padding: 1, roundsUp: true)
        },
        LayerSample("AdaptiveMaxPool3D", volumes) { AdaptiveMaxPool3D(2) },
        LayerSample("GlobalMaxPool3D", volumes) { GlobalMaxPool3D() },
        LayerSample("AveragePool3D", volumes) { AveragePool3D(2) },
        LayerSample("AveragePool3D", variant: "all options", volumes) {
            AveragePool3D(3, stride: 1, padding: 1, countsPadding: false, roundsUp: true)
        },
        LayerSample("AdaptiveAveragePool3D", volumes) { AdaptiveAveragePool3D(2) },
        LayerSample("GlobalAveragePool3D", volumes) { GlobalAveragePool3D() },
    ]
}
