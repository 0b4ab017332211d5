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
        _ check: ArgumentCheck, rank: Int, _ channels: Int, kernel: some SpatialValue,
        stride: some SpatialValue,
        padding: some SpatialValue, dilation: some SpatialValue, groups: Int,
        activation: Activation?, outputPadding: (any SpatialValue)? = nil
    ) {
        let channels = check.extent(channels, "channels")
        let groups = check.extent(groups, "groups")
        self.channels = channels
        self.kernel = check.spatial(kernel, rank: rank, "kernel", from: 1)
        self.stride = check.spatial(stride, rank: rank, "stride", from: 1)
        self.padding = check.spatial(padding, rank: rank, "padding", from: 0)
        self.dilation = check.spatial(dilation, rank: rank, "dilation", from: 1)
        self.groups = groups
        self.activation = activation
        self.outputPadding = outputPadding.map {
            check.spatial($0, rank: rank, "outputPadding", from: 0)
        }
        check.require(
            channels % groups == 0,
            "the groups, \(groups), do not divide the channels, \(channels)")
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
    func weight(
        _ check: ArgumentCheck, inputs: Int?, _ initializer: Initializer, _ dtype: DType
    ) -> Parameter {
        let inputs = check.extent(inputs, "inputs")
        if let inputs {
            check.require(
                inputs % groups == 0,
                "the groups, \(groups), do not divide the inputs, \(inputs)")
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
            return x.refused(
                .shapeMismatch, in: name,
                "takes [batch, channels] and extents of \(kernel.rank) spatial axes, with channels in "
                    + "\(groups) groups, not shape \(x.shape)"
            )
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
