public import BraidCore
import CBraidKernels

/// The mean of each window of images `[batch, channels, extents…]` of one to three spatial axes.
public struct AveragePooling: Operator {
    /// The name in files.
    public static let name = "average_pooling"
    /// Takes dense operands.
    public static let traits: OperatorTraits = .denseInputs
    /// Images.
    public static let arity: Int? = 1

    /// Where the windows are.
    public let geometry: PoolingGeometry
    /// Whether padding counts as zeros in the mean, or not at all. Adaptive windows have none.
    public let countsPadding: Bool

    package init(_ geometry: PoolingGeometry, countsPadding: Bool) {
        self.geometry = geometry
        self.countsPadding = countsPadding
    }

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

    /// Takes the means.
    public func evaluate(_ context: borrowing KernelContext) {
        let (x, y) = (context.dense(0), context.outputs[0])
        context.forPlanes(
            geometry, image: context.inputs[0].shape, windows: y.shape,
            countsPadding: countsPadding
        ) { geometry, begin, end in
            Kernels.table.pointee.average_pool(y.kernelType, geometry, x, y.address, begin, end)
        }
    }

    /// Nothing but types.
    public var gradientNeeds: GradientNeeds { [] }

    /// Each window's cotangent spread evenly over its elements.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        let spread = AveragePoolingGradient(
            geometry, image: Spatial(of: context.inputs[0].shape), countsPadding: countsPadding)
        return [.apply(spread, context.cotangent)]
    }
}

/// The gradient of `AveragePooling`: each window's cotangent spread evenly over its elements.
public struct AveragePoolingGradient: Operator {
    /// The name in files.
    public static let name = "average_pooling_gradient"
    /// Takes dense operands.
    public static let traits: OperatorTraits = .denseInputs
    /// The result's cotangent.
    public static let arity: Int? = 1

    /// Where the windows are.
    public let geometry: PoolingGeometry
    /// The images' extents.
    public let image: Spatial
    /// Whether padding counts as zeros in the mean, or not at all. Adaptive windows have none.
    public let countsPadding: Bool

    package init(_ geometry: PoolingGeometry, image: Spatial, countsPadding: Bool) {
        self.geometry = geometry
        self.image = image
        self.countsPadding = countsPadding
    }

    /// The images' type.
    /// - Throws: `ArrayError` when the operand is no cotangent of such a pooling.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        let dy = inputs[0]
        try requireRank(image.rank + 2, dy, "a cotangent [batch, channels, out extents…]")
        let x = TensorType(dy.dtype, try shape([dy.shape[0], dy.shape[1]] + image.values))
        try requirePooled(dy, of: x, geometry)
        return x
    }

    /// One operation per element of each window.
    public func cost(for inputs: Span<TensorType>, output: TensorType) -> Int {
        poolingCost(geometry, image: output, planes: inputs[0])
    }

    /// Spreads.
    public func evaluate(_ context: borrowing KernelContext) {
        let (dy, dx) = (context.dense(0), context.outputs[0])
        context.forPlanes(
            geometry, image: dx.shape, windows: context.inputs[0].shape,
            countsPadding: countsPadding
        ) { geometry, begin, end in
            Kernels.table.pointee.average_pool_gradient(
                dx.kernelType, geometry, dy, dx.address, begin, end)
        }
    }

    /// Nothing but types.
    public var gradientNeeds: GradientNeeds { [] }

    /// The operator is linear, and the pooling is its transpose.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        [.apply(AveragePooling(geometry, countsPadding: countsPadding), context.cotangent)]
    }
}

extension Operand {
    /// The mean of each window of `[batch, channels, extents…]` of one to three spatial axes, of f32 or
    /// f64.
    /// - Parameters:
    ///   - kernel: the window's extents.
    ///   - stride: steps between windows; the window's extents when nil.
    ///   - padding: zeros on every side, less than the window.
    ///   - countsPadding: whether padding counts in the mean.
    ///   - roundsUp: whether a last window counts that runs over the end (called ceil mode elsewhere);
    ///     what is behind the padding takes no part in its mean.
    /// - Returns: `[batch, channels, out extents…]` with
    ///   `out = (extent + 2 padding - kernel) / stride + 1`.
    /// - Precondition: the window lies within the padded image.
    public func averagePooled(
        kernel: some SpatialValue, stride: (any SpatialValue)? = nil,
        padding: some SpatialValue = 0, countsPadding: Bool = true, roundsUp: Bool = false
    ) -> Self {
        let geometry = PoolingGeometry(
            rank: spatialRank, kernel: kernel, stride: stride, padding: padding, roundsUp: roundsUp)
        return Self.apply(AveragePooling(geometry, countsPadding: countsPadding), self)
    }

    /// The mean of each of `extents` windows, which cover `[batch, channels, extents…]` evenly: along
    /// each axis from `floor(i extent / out)` up to `ceil((i + 1) extent / out)`. Of f32 or f64.
    /// - Precondition: no extent is 0.
    public func adaptiveAveragePooled(to extents: some SpatialValue) -> Self {
        let geometry = PoolingGeometry.adaptive(output: extents.spatial(rank: spatialRank))
        return Self.apply(AveragePooling(geometry, countsPadding: false), self)
    }

    /// The mean of each channel: `[batch, channels, extents…]` becomes `[batch, channels, 1…]`. Of f32 or
    /// f64.
    /// - Precondition: there is a spatial axis.
    public func globalAveragePooled() -> Self {
        guard rank > 2 else {
            return refused(
                .shapeMismatch, in: "globalAveragePooled",
                "takes [batch, channels, extents...], not shape \(shape)")
        }
        return mean(over: Array(2..<rank), keepingDimensions: true)
    }
}
