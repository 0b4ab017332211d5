import Braid

extension BenchmarkCase {
    /// Group C: the convolutions of ResNet-50 and the depthwise ones of MobileNetV2, one at a time, at
    /// batch 1 and 8.
    static var convolutions: [BenchmarkCase] {
        [1, 8].flatMap { batch in
            (resNetLayers + mobileNetLayers).map { convolution($0, batch) }
        }
    }

    private struct Layer {
        let name: String
        let inputs: Int
        let outputs: Int
        let kernel: Int
        let stride: Int
        /// Height and width of the input.
        let extent: Int
        let groups: Int

        init(
            _ name: String, _ inputs: Int, _ outputs: Int, _ kernel: Int, _ stride: Int,
            _ extent: Int, groups: Int = 1
        ) {
            self.name = name
            self.inputs = inputs
            self.outputs = outputs
            self.kernel = kernel
            self.stride = stride
            self.extent = extent
            self.groups = groups
        }
    }

    private static let resNetLayers = [
        Layer("stem7x7s2", 3, 64, 7, 2, 224),
        Layer("s1_1x1_64_64", 64, 64, 1, 1, 56), Layer("s1_3x3_64", 64, 64, 3, 1, 56),
        Layer("s1_1x1_64_256", 64, 256, 1, 1, 56), Layer("s1_1x1_256_64", 256, 64, 1, 1, 56),
        Layer("s2_1x1_256_128", 256, 128, 1, 1, 56), Layer("s2_3x3s2_128", 128, 128, 3, 2, 56),
        Layer("s2_1x1_128_512", 128, 512, 1, 1, 28), Layer("s2_1x1s2_256_512", 256, 512, 1, 2, 56),
        Layer("s2_1x1_512_128", 512, 128, 1, 1, 28), Layer("s2_3x3_128", 128, 128, 3, 1, 28),
        Layer("s3_1x1_512_256", 512, 256, 1, 1, 28), Layer("s3_3x3s2_256", 256, 256, 3, 2, 28),
        Layer("s3_1x1_256_1024", 256, 1024, 1, 1, 14),
        Layer("s3_1x1s2_512_1024", 512, 1024, 1, 2, 28),
        Layer("s3_1x1_1024_256", 1024, 256, 1, 1, 14), Layer("s3_3x3_256", 256, 256, 3, 1, 14),
        Layer("s4_1x1_1024_512", 1024, 512, 1, 1, 14), Layer("s4_3x3s2_512", 512, 512, 3, 2, 14),
        Layer("s4_1x1_512_2048", 512, 2048, 1, 1, 7),
        Layer("s4_1x1s2_1024_2048", 1024, 2048, 1, 2, 14),
        Layer("s4_1x1_2048_512", 2048, 512, 1, 1, 7), Layer("s4_3x3_512", 512, 512, 3, 1, 7),
    ]

    private static let mobileNetLayers = [
        (32, 1, 112), (96, 2, 112), (144, 1, 56), (144, 2, 56), (192, 1, 28), (192, 2, 28),
        (384, 1, 14), (576, 1, 14), (576, 2, 14), (960, 1, 7),
    ].map { channels, stride, extent in
        Layer(
            "dw3x3_\(channels)_s\(stride)_\(extent)", channels, channels, 3, stride, extent,
            groups: channels)
    }

    private static func convolution(_ layer: Layer, _ batch: Int) -> BenchmarkCase {
        let (kernel, stride, padding) = (layer.kernel, layer.stride, layer.kernel / 2)
        let output = (layer.extent + 2 * padding - kernel) / stride + 1
        let channels = layer.inputs / layer.groups
        let operations =
            2.0 * Double(batch * layer.outputs * output * output * channels * kernel * kernel)
        return BenchmarkCase(
            name: "C_b\(batch)_\(layer.name)",
            variants: [
                Variant("braid-eager") {
                    let x = Pattern.array(
                        [batch, layer.inputs, layer.extent, layer.extent], seed: 1)
                    let weight = Pattern.array(
                        [layer.outputs, channels, kernel, kernel], seed: 2)
                    return .ofOutput(Amounts(floatingPointOperations: operations)) {
                        x.convolution(
                            weight, stride: stride, padding: padding, groups: layer.groups)
                    }
                }
            ])
    }
}
