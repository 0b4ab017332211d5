public import BraidCore
import BraidOperators
public import BraidRuntime

/// A two-dimensional convolution layer (cross-correlation, as in every framework).
///
/// Takes `[batch, inputs, height, width]`, returns `[batch, channels, out height, out width]` with
/// `out = (extent + 2 padding - dilation (kernel - 1) - 1) / stride + 1`; `weight` is
/// `[channels, inputs, kernel height, kernel width]`, `bias` `[channels]`.
public struct Conv2D: Block {
    /// `[channels, inputs, kernel height, kernel width]`.
    @Parameter public var weight: NDArray
    /// `[channels]`, or nil.
    public let bias: Parameter?
    /// The number of output channels.
    public let channels: Int
    /// Kernel height and width.
    public let kernel: (Int, Int)
    /// Steps between windows, down and across.
    public let stride: (Int, Int)
    /// Zeros around the image, above and below, left and right.
    public let padding: (Int, Int)
    /// Steps between the elements of a window, down and across.
    public let dilation: (Int, Int)
    /// Applied to the result.
    public let activation: Activation?

    /// A layer with square kernel, stride, padding and dilation.
    public init(
        _ channels: Int, kernel: Int, stride: Int = 1, padding: Int = 0, dilation: Int = 1,
        inputs: Int? = nil, activation: Activation? = nil, usesBias: Bool = true,
        initializer: Initializer = .xavier, dtype: DType = .f32
    ) {
        self.channels = channels
        self.kernel = (kernel, kernel)
        self.stride = (stride, stride)
        self.padding = (padding, padding)
        self.dilation = (dilation, dilation)
        self.activation = activation
        _weight = Parameter(
            inputs.map { [channels, $0, kernel, kernel] }, dtype: dtype, initializer: initializer)
        bias = usesBias ? Parameter([channels], dtype: dtype, initializer: .zeros) : nil
    }

    /// Convolves, adds the bias, applies the activation.
    public func forward(_ x: NDArray) -> NDArray {
        guard x.rank == 4 else {
            ArrayError(
                .shapeMismatch, in: "conv2d",
                "takes [batch, channels, height, width], not shape \(x.shape)"
            ).report()
            return x
        }
        $weight.resolve([channels, x.shape[1], kernel.0, kernel.1], for: "conv2d")
        var y = x.convolution2D(weight, stride: stride, padding: padding, dilation: dilation)
        if let bias { y = y + bias.wrappedValue.reshaped(to: [channels, 1, 1]) }
        return activation?.forward(y) ?? y
    }
}
