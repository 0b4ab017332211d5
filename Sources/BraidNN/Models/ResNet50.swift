public import BraidCore
import BraidOperators
public import BraidRuntime

/// A 1x1, a 3x3 and a 1x1 convolution, each normalised, around which the input is added: the block of the
/// deeper residual networks (He et al., CVPR 2016), with the stride in the 3x3 convolution ("v1.5"). Takes
/// `[batch, inputs, height, width]`, returns `[batch, 4 width, height / stride, width / stride]`.
public struct BottleneckBlock: Block {
    private let conv1: Conv2D
    private let norm1: BatchNorm
    private let conv2: Conv2D
    private let norm2: BatchNorm
    private let conv3: Conv2D
    private let norm3: BatchNorm
    /// Where the input has another shape than the result.
    private let projection: Sequential?

    /// A block from so many inputs over `width` channels to four times as many.
    public init(inputs: Int, width: Int, stride: Int = 1, dtype: DType = .f32) {
        let channels = saturatingProduct(4, width)
        conv1 = Conv2D(
            width, kernel: 1, inputs: inputs, usesBias: false, initializer: .he, dtype: dtype)
        norm1 = BatchNorm(channels: width, dtype: dtype)
        conv2 = Conv2D(
            width, kernel: 3, stride: stride, padding: 1, inputs: width, usesBias: false,
            initializer: .he, dtype: dtype)
        norm2 = BatchNorm(channels: width, dtype: dtype)
        conv3 = Conv2D(
            channels, kernel: 1, inputs: width, usesBias: false, initializer: .he, dtype: dtype)
        norm3 = BatchNorm(channels: channels, dtype: dtype)
        projection = .projection(
            inputs: inputs, channels: channels, stride: stride, dtype: dtype)
    }

    /// Computes the block.
    public func forward(_ x: NDArray) -> NDArray {
        let y = norm2(conv2(norm1(conv1(x)).relu())).relu()
        return (norm3(conv3(y)) + (projection?(x) ?? x)).relu()
    }
}

extension Models {
    /// ResNet-50 v1.5 (after He et al., CVPR 2016): a 7x7 convolution and max pooling, then 16 bottleneck
    /// blocks of 256 to 2,048 channels. Takes `[batch, channels, height, width]`, usually 224x224 pixels; 26
    /// million parameters, in the order of torchvision's `resnet50`.
    ///
    /// - Parameters:
    ///   - classes: the number of scores.
    ///   - channels: those of the images.
    public static func resnet50(
        classes: Int = 1000, channels: Int = 3, dtype: DType = .f32
    ) -> Sequential {
        Sequential {
            Conv2D(
                64, kernel: 7, stride: 2, padding: 3, inputs: channels, usesBias: false,
                initializer: .he, dtype: dtype)
            BatchNorm(channels: 64, dtype: dtype)
            Activation.relu
            MaxPool2D(3, stride: 2, padding: 1)
            for (inputs, width, count) in [
                (64, 64, 3), (256, 128, 4), (512, 256, 6), (1024, 512, 3),
            ] {
                BottleneckBlock(
                    inputs: inputs, width: width, stride: inputs == width ? 1 : 2, dtype: dtype)
                for _ in 1..<count {
                    BottleneckBlock(inputs: 4 * width, width: width, dtype: dtype)
                }
            }
            GlobalAveragePool2D()
            Flatten()
            Dense(classes, inputs: 2048, dtype: dtype)
        }
    }
}
