public import BraidCore
public import BraidOperators
public import BraidRuntime

/// A one-dimensional transposed convolution layer, which makes images larger.
///
/// Takes `[batch, inputs, length]`, returns `[batch, channels, out length]` with `out = (extent - 1)
/// stride - 2 padding + dilation (kernel - 1) + outputPadding + 1`; `weight` is `[inputs, channels /
/// groups, kernel length]`, `bias` `[channels]`.
public struct ConvTranspose1D: Block {
    /// `[inputs, channels / groups, kernel length]`.
    @Parameter public var weight: NDArray
    /// `[channels]`, or nil.
    public let bias: Parameter?
    /// The other settings.
    public let options: ConvolutionOptions

    /// A layer with `channels` outputs.
    /// - Parameters:
    ///   - padding: how much is cut off on both sides of the result.
    ///   - outputPadding: how much longer the result is at its end; below the stride or the
    ///     dilation.
    ///   - groups: into how many groups the channels are cut.
    ///   - inputs: the number of input channels; learnt from the first input when nil.
    /// - Precondition: `groups` divides `channels` and inputs.
    public init(
        _ channels: Int, kernel: some SpatialValue, stride: some SpatialValue = 1,
        padding: some SpatialValue = 0, outputPadding: some SpatialValue = 0,
        dilation: some SpatialValue = 1, groups: Int = 1, inputs: Int? = nil,
        activation: Activation? = nil, usesBias: Bool = true,
        initializer: Initializer = .xavier, dtype: DType = .f32,
        fileID: StaticString = #fileID, line: UInt = #line
    ) {
        let check = ArgumentCheck("conv_transpose1d", fileID, line)
        options = ConvolutionOptions(
            check, rank: 1, channels, kernel: kernel, stride: stride, padding: padding,
            dilation: dilation, groups: groups, activation: activation,
            outputPadding: outputPadding)
        _weight = options.weight(check, inputs: inputs, initializer, dtype)
        bias = options.bias(usesBias, dtype)
    }

    /// Convolves, adds the bias, applies the activation.
    public func forward(_ x: NDArray) -> NDArray { options.forward(x, $weight, bias) }
}

/// A two-dimensional transposed convolution layer, which makes images larger.
///
/// Takes `[batch, inputs, height, width]`, returns `[batch, channels, out height, out width]` with
/// `out = (extent - 1) stride - 2 padding + dilation (kernel - 1) + outputPadding + 1`; `weight` is
/// `[inputs, channels / groups, kernel height, kernel width]`, `bias` `[channels]`.
public struct ConvTranspose2D: Block {
    /// `[inputs, channels / groups, kernel height, kernel width]`.
    @Parameter public var weight: NDArray
    /// `[channels]`, or nil.
    public let bias: Parameter?
    /// The other settings.
    public let options: ConvolutionOptions

    /// A layer with `channels` outputs.
    /// - Parameters:
    ///   - padding: how much is cut off on both sides of the result.
    ///   - outputPadding: how much longer the result is at its end; below the stride or the
    ///     dilation.
    ///   - groups: into how many groups the channels are cut.
    ///   - inputs: the number of input channels; learnt from the first input when nil.
    /// - Precondition: `groups` divides `channels` and inputs.
    public init(
        _ channels: Int, kernel: some SpatialValue, stride: some SpatialValue = 1,
        padding: some SpatialValue = 0, outputPadding: some SpatialValue = 0,
        dilation: some SpatialValue = 1, groups: Int = 1, inputs: Int? = nil,
        activation: Activation? = nil, usesBias: Bool = true,
        initializer: Initializer = .xavier, dtype: DType = .f32,
        fileID: StaticString = #fileID, line: UInt = #line
    ) {
        let check = ArgumentCheck("conv_transpose2d", fileID, line)
        options = ConvolutionOptions(
            check, rank: 2, channels, kernel: kernel, stride: stride, padding: padding,
            dilation: dilation, groups: groups, activation: activation,
            outputPadding: outputPadding)
        _weight = options.weight(check, inputs: inputs, initializer, dtype)
        bias = options.bias(usesBias, dtype)
    }

    /// Convolves, adds the bias, applies the activation.
    public func forward(_ x: NDArray) -> NDArray { options.forward(x, $weight, bias) }
}

/// A three-dimensional transposed convolution layer, which makes images larger.
///
/// Takes `[batch, inputs, depth, height, width]`, returns `[batch, channels, out depth, out height,
/// out width]` with `out = (extent - 1) stride - 2 padding + dilation (kernel - 1) + outputPadding +
/// 1`; `weight` is `[inputs, channels / groups, kernel depth, kernel height, kernel width]`, `bias`
/// `[channels]`.
public struct ConvTranspose3D: Block {
    /// `[inputs, channels / groups, kernel depth, kernel height, kernel width]`.
    @Parameter public var weight: NDArray
    /// `[channels]`, or nil.
    public let bias: Parameter?
    /// The other settings.
    public let options: ConvolutionOptions

    /// A layer with `channels` outputs.
    /// - Parameters:
    ///   - padding: how much is cut off on both sides of the result.
    ///   - outputPadding: how much longer the result is at its end; below the stride or the
    ///     dilation.
    ///   - groups: into how many groups the channels are cut.
    ///   - inputs: the number of input channels; learnt from the first input when nil.
    /// - Precondition: `groups` divides `channels` and inputs.
    public init(
        _ channels: Int, kernel: some SpatialValue, stride: some SpatialValue = 1,
        padding: some SpatialValue = 0, outputPadding: some SpatialValue = 0,
        dilation: some SpatialValue = 1, groups: Int = 1, inputs: Int? = nil,
        activation: Activation? = nil, usesBias: Bool = true,
        initializer: Initializer = .xavier, dtype: DType = .f32,
        fileID: StaticString = #fileID, line: UInt = #line
    ) {
        let check = ArgumentCheck("conv_transpose3d", fileID, line)
        options = ConvolutionOptions(
            check, rank: 3, channels, kernel: kernel, stride: stride, padding: padding,
            dilation: dilation, groups: groups, activation: activation,
            outputPadding: outputPadding)
        _weight = options.weight(check, inputs: inputs, initializer, dtype)
        bias = options.bias(usesBias, dtype)
    }

    /// Convolves, adds the bias, applies the activation.
    public func forward(_ x: NDArray) -> NDArray { options.forward(x, $weight, bias) }
}
