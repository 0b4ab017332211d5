public import BraidCore
import CBraidKernels

/// The mean of each window of images `[batch, channels, height, width]`.
public struct AveragePooling2D: Operator {
    /// The name in files.
    public static let name = "average_pooling_2d"
    /// Takes dense operands.
    public static let traits: OperatorTraits = .denseInputs
    /// Images.
    public static let arity: Int? = 1

    /// How the window moves.
    public let geometry: PoolingGeometry
    /// Whether padding counts as zeros in the mean, or not at all.
    public let countsPadding: Bool

    package init(_ geometry: PoolingGeometry, countsPadding: Bool) {
        self.geometry = geometry
        self.countsPadding = countsPadding
    }

    /// `[batch, channels, out height, out width]` with `out = (extent + 2 padding - kernel) / stride + 1`.
    /// - Throws: `ArrayError` for other dtypes than f32 and f64, other ranks, and windows that do not
    ///   fit.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        try pooled(inputs[0], geometry)
    }

    /// One operation per element of each window.
    public func cost(for inputs: Span<TensorType>, output: TensorType) -> Int {
        saturatingProduct(output.count, geometry.kernel.count)
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
        let spread = AveragePooling2DGradient(
            geometry, image: Spatial2D(of: context.inputs[0].shape), countsPadding: countsPadding)
        return [.apply(spread, context.cotangent)]
    }
}

/// The gradient of `AveragePooling2D`: each window's cotangent spread evenly over its elements.
public struct AveragePooling2DGradient: Operator {
    /// The name in files.
    public static let name = "average_pooling_2d_gradient"
    /// Takes dense operands.
    public static let traits: OperatorTraits = .denseInputs
    /// The result's cotangent.
    public static let arity: Int? = 1

    /// How the window moves.
    public let geometry: PoolingGeometry
    /// The images' extents.
    public let image: Spatial2D
    /// Whether padding counts as zeros in the mean, or not at all.
    public let countsPadding: Bool

    package init(_ geometry: PoolingGeometry, image: Spatial2D, countsPadding: Bool) {
        self.geometry = geometry
        self.image = image
        self.countsPadding = countsPadding
    }

    /// The images' type.
    /// - Throws: `ArrayError` when the operand is no cotangent of such a pooling.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        let dy = inputs[0]
        try requireRank(4, dy, "a cotangent [batch, channels, out height, out width]")
        let x = TensorType(
            dy.dtype, try shape([dy.shape[0], dy.shape[1], image.height, image.width]))
        try requirePooled(dy, of: x, geometry)
        return x
    }

    /// One operation per element of each window.
    public func cost(for inputs: Span<TensorType>, output: TensorType) -> Int {
        saturatingProduct(inputs[0].count, geometry.kernel.count)
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
        [.apply(AveragePooling2D(geometry, countsPadding: countsPadding), context.cotangent)]
    }
}

extension Operand {
    /// The mean of each window of `[batch, channels, height, width]`, of f32 or f64.
    /// - Parameters:
    ///   - kernel: the window's height and width.
    ///   - stride: steps between windows, down and across; the window's extents when nil.
    ///   - padding: zeros on every side, less than the window.
    ///   - countsPadding: whether padding counts in the mean.
    /// - Returns: `[batch, channels, out height, out width]` with
    ///   `out = (extent + 2 padding - kernel) / stride + 1`.
    /// - Precondition: the window lies within the padded image.
    public func averagePooled2D(
        kernel: (Int, Int), stride: (Int, Int)? = nil, padding: (Int, Int) = (0, 0),
        countsPadding: Bool = true
    ) -> Self {
        let geometry = PoolingGeometry(kernel: kernel, stride: stride, padding: padding)
        return Self.apply(AveragePooling2D(geometry, countsPadding: countsPadding), self)
    }
}
