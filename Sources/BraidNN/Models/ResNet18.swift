public import BraidCore
import BraidOperators
public import BraidRuntime

/// Two 3x3 convolutions, each normalised, around which the input is added: the block of the smaller
/// residual networks (He et al., CVPR 2016). Takes `[batch, inputs, height, width]`, returns
/// `[batch, channels, height / stride, width / stride]`.
public struct ResidualBlock: Block {
    private let conv1: Conv2D
    private let norm1: BatchNorm
    private let conv2: Conv2D
    private let norm2: BatchNorm
    /// Where the input has another shape than the result.
    private let projection: Sequential?

    /// A block from so many inputs to so many channels.
    public init(inputs: Int, channels: Int, stride: Int = 1, dtype: DType = .f32) {
        conv1 = Conv2D(
            channels, kernel: 3, stride: stride, padding: 1, inputs: inputs, usesBias: false,
            initializer: .he, dtype: dtype)
        norm1 = BatchNorm(channels: channels, dtype: dtype)
        conv2 = Conv2D(
            channels, kernel: 3, padding: 1, inputs: channels, usesBias: false, initializer: .he,
            dtype: dtype)
        norm2 = BatchNorm(channels: channels, dtype: dtype)
        projection = .projection(
            inputs: inputs, channels: channels, stride: stride, dtype: dtype)
    }

    /// Computes the block.
    public func forward(_ x: NDArray) -> NDArray {
        let y = norm2(conv2(norm1(conv1(x)).relu()))
        return (y + (projection?(x) ?? x)).relu()
    }
}

extension Sequential {
    /// What brings a residual block's input to its result's shape: a 1x1 convolution, normalised; nil where
    /// the shapes are equal.
    static func projection(
        inputs: Int, channels: Int, stride: Int, dtype: DType
    ) -> Sequential? {
        if stride == 1, inputs == channels { return nil }
        return Sequential {
            Conv2D(
                channels, kernel: 1, stride: stride, inputs: inputs, usesBias: false,
                initializer: .he, dtype: dtype)
            BatchNorm(channels: channels, dtype: dtype)
        }
    }
}

extension Models {
    /// ResNet-18 in the form for small images, such as CIFAR's of 32x32 pixels (after He et al., CVPR
    /// 2016): a 3x3 convolution without pooling, then eight residual blocks of 64 to 512 channels. Takes
    /// `[batch, channels, height, width]`; 11 million parameters.
    ///
    /// - Parameters:
    ///   - classes: the number of scores.
    ///   - channels: those of the images.
    public static func resnet18(
        classes: Int = 10, channels: Int = 3, dtype: DType = .f32
    ) -> Sequential {
        Sequential {
            Conv2D(
                64, kernel: 3, padding: 1, inputs: channels, usesBias: false, initializer: .he,
                dtype: dtype)
            BatchNorm(channels: 64, dtype: dtype)
            Activation.relu
            for (inputs, channels) in [(64, 64), (64, 128), (128, 256), (256, 512)] {
                ResidualBlock(
                    inputs: inputs, channels: channels, stride: inputs == channels ? 1 : 2,
                    dtype: dtype)
                ResidualBlock(inputs: channels, channels: channels, dtype: dtype)
            }
            GlobalAveragePool2D()
            Flatten()
            Dense(classes, inputs: 512, dtype: dtype)
        }
    }
}
