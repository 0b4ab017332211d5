public import BraidCore
import BraidOperators
public import BraidRuntime

/// A 1x1 convolution to more channels, a depthwise 3x3 one and a 1x1 one to fewer, each normalised, around
/// which the input is added where the shapes are equal (Sandler et al., CVPR 2018). Takes
/// `[batch, inputs, height, width]`, returns `[batch, channels, height / stride, width / stride]`.
public struct InvertedResidual: Block {
    private let layers: Sequential
    private let addsInput: Bool

    /// A block from so many inputs over `expansion` times as many to so many channels.
    public init(
        inputs: Int, channels: Int, stride: Int = 1, expansion: Int = 6, dtype: DType = .f32,
        fileID: StaticString = #fileID, line: UInt = #line
    ) {
        let check = ArgumentCheck("inverted_residual", fileID, line)
        let inputs = check.extent(inputs, "inputs")
        let width = check.extent(
            saturatingProduct(check.extent(expansion, "expansion"), inputs),
            "expansion times inputs")
        addsInput = stride == 1 && inputs == channels
        layers = Sequential {
            if expansion > 1 {
                NormalizedConvolution(inputs: inputs, channels: width, kernel: 1, dtype: dtype)
            }
            NormalizedConvolution(
                inputs: width, channels: width, kernel: 3, stride: stride, groups: width,
                dtype: dtype)
            Conv2D(
                channels, kernel: 1, inputs: width, usesBias: false, initializer: .he, dtype: dtype)
            BatchNorm(channels: channels, dtype: dtype)
        }
    }

    /// Computes the block.
    public func forward(_ x: NDArray) -> NDArray { addsInput ? x + layers(x) : layers(x) }
}

/// A convolution that keeps the extents but for its stride, normalised and clamped to `0...6`. Takes
/// `[batch, inputs, height, width]`, returns `[batch, channels, height / stride, width / stride]`.
public struct NormalizedConvolution: Block {
    private let conv: Conv2D
    private let norm: BatchNorm

    /// A layer with kernels of `kernel` x `kernel`.
    /// - Precondition: `kernel` is odd.
    public init(
        inputs: Int, channels: Int, kernel: Int, stride: Int = 1, groups: Int = 1,
        dtype: DType = .f32
    ) {
        ArgumentCheck("normalized_convolution", #fileID, #line).require(
            kernel > 0 && kernel % 2 == 1, "the kernel \(kernel) is not odd and positive")
        conv = Conv2D(
            channels, kernel: kernel, stride: stride, padding: kernel / 2, groups: groups,
            inputs: inputs, usesBias: false, initializer: .he, dtype: dtype)
        norm = BatchNorm(channels: channels, dtype: dtype)
    }

    /// Convolves, normalises, clamps.
    public func forward(_ x: NDArray) -> NDArray { norm(conv(x)).relu6() }
}

extension Models {
    /// MobileNetV2 of width 1 (after Sandler et al., CVPR 2018): 17 inverted residual blocks of 16 to 320
    /// channels between two convolutions. Takes `[batch, channels, height, width]`, usually 224x224 pixels; 3.5
    /// million parameters, in the order of torchvision's `mobilenet_v2`.
    ///
    /// - Parameters:
    ///   - classes: the number of scores.
    ///   - channels: those of the images.
    ///   - dropout: the rate before the last layer.
    public static func mobilenetv2(
        classes: Int = 1000, channels: Int = 3, dropout: Double = 0.2, dtype: DType = .f32
    ) -> Sequential {
        // Inputs, channels, the first block's stride, blocks.
        let stages = [
            (32, 16, 1, 1), (16, 24, 2, 2), (24, 32, 2, 3), (32, 64, 2, 4), (64, 96, 1, 3),
            (96, 160, 2, 3), (160, 320, 1, 1),
        ]
        return Sequential {
            NormalizedConvolution(
                inputs: channels, channels: 32, kernel: 3, stride: 2, dtype: dtype)
            for (inputs, channels, stride, count) in stages {
                InvertedResidual(
                    inputs: inputs, channels: channels, stride: stride,
                    expansion: channels == 16 ? 1 : 6, dtype: dtype)
                for _ in 1..<count {
                    InvertedResidual(inputs: channels, channels: channels, dtype: dtype)
                }
            }
            NormalizedConvolution(inputs: 320, channels: 1280, kernel: 1, dtype: dtype)
            GlobalAveragePool2D()
            Flatten()
            Dropout(dropout)
            Dense(classes, inputs: 1280, dtype: dtype)
        }
    }
}
