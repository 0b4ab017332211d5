import BraidCore
public import BraidOperators
import BraidRuntime

/// What a convolution layer is, beside its parameters.
public struct ConvolutionOptions: Hashable, Sendable {
    /// The number of output channels.
    public let channels: Int
    /// Extents of the kernels.
    public let kernel: Spatial
    /// Steps between windows.
    public let stride: Spatial
    /// Zeros on both sides of the image along each axis; of a transposed convolution, what is cut off.
    public let padding: Spatial
    /// Steps between the elements of a window.
    public let dilation: Spatial
    /// Into how many groups the channels are cut.
    public let groups: Int
    /// Applied to the result.
    public let activation: Activation?
    /// How much longer a transposed convolution's result is at its end; nil for other convolutions.
    public let outputPadding: Spatial?

    init(
        rank: Int, _ channels: Int, kernel: some SpatialValue, stride: some SpatialValue,
        padding: some SpatialValue, dilation: some SpatialValue, groups: Int,
        activation: Activation?, outputPadding: (any SpatialValue)? = nil
    ) {
        self.channels = channels
        self.kernel = kernel.spatial(rank: rank)
        self.stride = stride.spatial(rank: rank)
        self.padding = padding.spatial(rank: rank)
        self.dilation = dilation.spatial(rank: rank)
        self.groups = groups
        self.activation = activation
        self.outputPadding = outputPadding?.spatial(rank: rank)
        ArrayError.check(
            groups >= 1 && channels % groups == 0, in: name,
            "\(groups) groups do not divide \(channels) channels")
    }

    /// As in messages, `conv2d`.
    private var name: String { "conv\(outputPadding == nil ? "" : "_transpose")\(kernel.rank)d" }

    /// The shape of kernels that take so many channels.
    private func weightShape(inputs: Int) -> Shape {
        let channels =
            outputPadding == nil
            ? [self.channels, inputs / groups] : [inputs, self.channels / groups]
        return Shape(channels + kernel.values)
    }

    /// The kernels; their shape is learnt from the first input when `inputs` is nil.
    func weight(inputs: Int?, _ initializer: Initializer, _ dtype: DType) -> Parameter {
        if let inputs {
            ArrayError.check(
                inputs % groups == 0, in: name, "\(groups) groups do not divide \(inputs) inputs")
        }
        return Parameter(
            inputs.map { weightShape(inputs: $0) }, dtype: dtype, initializer: initializer)
    }

    /// One number per output channel, if wanted.
    func bias(_ isUsed: Bool, _ dtype: DType) -> Parameter? {
        isUsed ? Parameter([channels], dtype: dtype, initializer: .zeros) : nil
    }

    /// Convolves, adds the bias, applies the activation.
    func forward(_ x: NDArray, _ weight: Parameter, _ bias: Parameter?) -> NDArray {
        guard x.rank == kernel.rank + 2, x.shape[1] % groups == 0 else {
            ArrayError(
                .shapeMismatch, in: name,
                "takes [batch, channels] and extents of \(kernel.rank) spatial axes, with channels in "
                    + "\(groups) groups, not shape \(x.shape)"
            ).report()
            return x
        }
        weight.resolve(weightShape(inputs: x.shape[1]), for: name)
        let kernels = weight.wrappedValue
        var y =
            if let outputPadding {
                x.transposedConvolution(
                    kernels, stride: stride, padding: padding, outputPadding: outputPadding,
                    dilation: dilation, groups: groups)
            } else {
                x.convolution(
                    kernels, stride: stride, padding: padding, dilation: dilation, groups: groups)
            }
        if let bias {
            let ones = [Int](repeating: 1, count: kernel.rank)
            y = y + bias.wrappedValue.reshaped(to: [channels] + ones)
        }
        return activation?.forward(y) ?? y
    }
}
