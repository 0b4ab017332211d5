public import BraidCore
import CBraidKernels

/// The maximum of each window of images `[batch, channels, extents…]` of one to three spatial axes.
/// Padding never wins; NaN does. The first maximum of a window, in row-major order, takes its cotangent.
public struct MaxPooling: Operator {
    /// The name in files.
    public static let name = "max_pooling"
    /// Takes dense operands.
    public static let traits: OperatorTraits = .denseInputs
    /// Images.
    public static let arity: Int? = 1

    /// Where the windows are.
    public let geometry: PoolingGeometry

    package init(_ geometry: PoolingGeometry) { self.geometry = geometry }

    /// `[batch, channels, out extents…]`, as many as there are windows.
    /// - Throws: `ArrayError` for other dtypes than f32 and f64, other ranks, and windows that do not
    ///   fit.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        try pooled(inputs[0], geometry)
    }

    /// One operation per element of each window.
    public func cost(for inputs: Span<TensorType>, output: TensorType) -> Int {
        poolingCost(geometry, image: inputs[0], planes: output)
    }

    /// Takes the maxima.
    public func evaluate(_ context: borrowing KernelContext) {
        let (x, y) = (context.dense(0), context.outputs[0])
        context.forPlanes(geometry, image: context.inputs[0].shape, windows: y.shape) {
            geometry, begin, end in
            Kernels.table.pointee.max_pool(y.kernelType, geometry, x, y.address, begin, end)
        }
    }

    /// The images' values.
    public var gradientNeeds: GradientNeeds { .inputs }

    /// The cotangent at the positions of the maxima.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        [.apply(MaxPoolingGradient(geometry), context.inputs[0], context.cotangent)]
    }
}

/// The gradient of `MaxPooling`: each window's cotangent added at the position of its first maximum.
public struct MaxPoolingGradient: Operator {
    /// The name in files.
    public static let name = "max_pooling_gradient"
    /// Takes dense operands.
    public static let traits: OperatorTraits = .denseInputs
    /// The images and the result's cotangent.
    public static let arity: Int? = 2

    /// Where the windows are.
    public let geometry: PoolingGeometry

    package init(_ geometry: PoolingGeometry) { self.geometry = geometry }

    /// The images' type.
    /// - Throws: `ArrayError` when the operands are no images and cotangent of such a pooling.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        try requirePooled(inputs[1], of: inputs[0], geometry)
        return inputs[0]
    }

    /// One operation per element of each window.
    public func cost(for inputs: Span<TensorType>, output: TensorType) -> Int {
        poolingCost(geometry, image: inputs[0], planes: inputs[1])
    }

    /// Scatters.
    public func evaluate(_ context: borrowing KernelContext) {
        let (x, dy, dx) = (context.dense(0), context.dense(1), context.outputs[0])
        context.forPlanes(geometry, image: dx.shape, windows: context.inputs[1].shape) {
            geometry, begin, end in
            Kernels.table.pointee.max_pool_gradient(
                dx.kernelType, geometry, x, dy, dx.address, begin, end)
        }
    }

    /// The images' values.
    public var gradientNeeds: GradientNeeds { .inputs }

    /// Linear in the cotangent; nothing flows through the positions.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        [nil, .apply(MaxPoolingGather(geometry), context.inputs[0], context.cotangent)]
    }
}

/// The gradient of `MaxPoolingGradient`: values at the positions where images have their windows'
/// first maxima.
public struct MaxPoolingGather: Operator {
    /// The name in files.
    public static let name = "max_pooling_gather"
    /// Takes dense operands.
    public static let traits: OperatorTraits = .denseInputs
    /// The images and the values, of one type.
    public static let arity: Int? = 2

    /// Where the windows are.
    public let geometry: PoolingGeometry

    package init(_ geometry: PoolingGeometry) { self.geometry = geometry }

    /// The pooled images' type.
    /// - Throws: `ArrayError` when the operands' types differ or windows do not fit.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        try require(
            inputs[0] == inputs[1], .shapeMismatch,
            "takes values of the images' type \(inputs[0]), not \(inputs[1])")
        return try pooled(inputs[0], geometry)
    }

    /// One operation per element of each window.
    public func cost(for inputs: Span<TensorType>, output: TensorType) -> Int {
        poolingCost(geometry, image: inputs[0], planes: output)
    }

    /// Gathers.
    public func evaluate(_ context: borrowing KernelContext) {
        let (x, values, y) = (context.dense(0), context.dense(1), context.outputs[0])
        context.forPlanes(geometry, image: context.inputs[0].shape, windows: y.shape) {
            geometry, begin, end in
            Kernels.table.pointee.max_pool_gather(
                y.kernelType, geometry, x, values, y.address, begin, end)
        }
    }

    /// The images' values.
    public var gradientNeeds: GradientNeeds { .inputs }

    /// Linear in the values; nothing flows through the positions.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        [nil, .apply(MaxPoolingGradient(geometry), context.inputs[0], context.cotangent)]
    }
}

extension Operand {
    /// The maximum of each window of `[batch, channels, extents…]` of one to three spatial axes, of f32
    /// or f64. Padding never wins, NaN does; the gradient goes to the first maximum of each window.
    /// - Parameters:
    ///   - kernel: the window's extents.
    ///   - stride: steps between windows; the window's extents when nil.
    ///   - padding: on every side, less than the window.
    ///   - roundsUp: whether a last window counts that runs over the end (called ceil mode elsewhere).
    /// - Returns: `[batch, channels, out extents…]` with
    ///   `out = (extent + 2 padding - kernel) / stride + 1`.
    /// - Precondition: the window lies within the padded image.
    public func maxPooled(
        kernel: some SpatialValue, stride: (any SpatialValue)? = nil,
        padding: some SpatialValue = 0, roundsUp: Bool = false
    ) -> Self {
        let geometry = PoolingGeometry(
            rank: spatialRank, kernel: kernel, stride: stride, padding: padding, roundsUp: roundsUp)
        return Self.apply(MaxPooling(geometry), self)
    }

    /// The maximum of each of `extents` windows, which cover `[batch, channels, extents…]` evenly: along
    /// each axis from `floor(i extent / out)` up to `ceil((i + 1) extent / out)`. Of f32 or f64.
    /// - Precondition: no extent is 0.
    public func adaptiveMaxPooled(to extents: some SpatialValue) -> Self {
        Self.apply(MaxPooling(.adaptive(output: extents.spatial(rank: spatialRank))), self)
    }

    /// The maximum of each channel: `[batch, channels, extents…]` becomes `[batch, channels, 1…]`. Of f32
    /// or f64; the gradient goes to the first maximum.
    /// - Precondition: no extent is 0.
    public func globalMaxPooled() -> Self { adaptiveMaxPooled(to: 1) }
}
