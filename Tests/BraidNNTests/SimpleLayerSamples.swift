import Braid

/// The rows of layers that compute little.
extension LayerSample {
    static let simple: [LayerSample] = [
        LayerSample("PReLU", images) { PReLU() },
        LayerSample("PReLU", variant: "a slope per channel", images) { PReLU(channels: 3) },
        LayerSample("Identity", images) { Identity() },
        LayerSample("Lambda", images) { Lambda { $0.square() * 0.5 } },
        LayerSample("Branches", images) {
            Branches {
                Conv2D(2, kernel: 1)
                Conv2D(3, kernel: 3, padding: 1, activation: .leakyRelu(slope: 0.2))
                Identity()
            }
        },
        LayerSample("Pad1D", [[2, 3, 5], [1, 3, 4]]) { Pad1D(2, mode: .wrap) },
        LayerSample("Pad2D", images) { Pad2D([1, 2]) },
        LayerSample("Pad2D", variant: "reflection", images) { Pad2D([1, 2], mode: .reflect) },
        LayerSample("Pad3D", [[1, 2, 2, 3, 2], [2, 1, 1, 2, 2]]) { Pad3D(1, mode: .edge) },
        LayerSample("PixelShuffle1D", [[2, 4, 3], [1, 2, 5]]) { PixelShuffle1D(2) },
        LayerSample("PixelShuffle2D", [[1, 6, 2, 3], [2, 12, 3, 1]]) { PixelShuffle2D([3, 2]) },
        LayerSample("PixelShuffle3D", [[1, 8, 2, 1, 2], [2, 8, 1, 2, 1]]) { PixelShuffle3D(2) },
        LayerSample("Upsample", images) { Upsample(2) },
    ]
}
