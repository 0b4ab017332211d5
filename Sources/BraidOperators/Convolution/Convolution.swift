public import BraidCore
import CBraidKernels

/// Cross-correlation of images `[batch, channels, extents…]` of one to three spatial axes with kernels
/// `[outputs, channels / groups, kernel extents…]`, as every framework's convolution. In two dimensions
/// and one group: `y[n, o, i, j] = Σ x[n, c, i s - p + u d, j s - p + v d] w[o, c, u, v]` over c, u, v.
///
/// An implicit matrix product for each image and group: the kernels gather the columns from the image
/// while they pack. Groups of one channel have kernels of their own.
public struct Convolution: Operator {
    /// The name in files.
    public static let name = "convolution"
    /// Takes dense operands.
    public static let traits: OperatorTraits = .denseInputs
    /// Images and kernels.
    public static let arity: Int? = 2

    /// How the kernels move.
    public let geometry: ConvolutionGeometry

    package init(_ geometry: ConvolutionGeometry) { self.geometry = geometry }

    /// `[batch, outputs, out extents…]` with
    /// `out = (extent + 2 padding - dilation (kernel - 1) - 1) / stride + 1`.
    /// - Throws: `ArrayError` for other dtypes than f32 and f64, other ranks, channels that do not fit
    ///   the kernels and groups, and a window that exceeds the padded image.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        let (x, w) = (inputs[0], inputs[1])
        try requireConvolutionOperands(
            geometry, x, "images [batch, channels]", w, "kernels [outputs, channels / groups]")
        let taken = saturatingProduct(w.shape[1], geometry.groups)
        try require(
            taken == x.shape[1], .shapeMismatch,
            "kernels \(w.shape) in \(geometry.groups) groups take \(taken) channels, but images "
                + "\(x.shape) have \(x.shape[1])")
        let problem = problem(x, w)
        try requireSolvable(problem)
        return TensorType(x.dtype, try shape([x.shape[0], w.shape[0]] + problem.result.values))
    }

    private func problem(_ x: TensorType, _ w: TensorType) -> ConvolutionProblem {
        ConvolutionProblem(
            geometry, x.dtype, batch: x.shape[0], channels: x.shape[1], outputs: w.shape[0],
            image: Spatial(of: x.shape), kernel: Spatial(of: w.shape))
    }

    /// Two operations for each product.
    public func cost(for inputs: Span<TensorType>, output: TensorType) -> Int {
        problem(inputs[0], inputs[1]).cost
    }

    /// Space for packing, or for a plane, in each piece.
    public func scratchByteCount(for inputs: Span<TensorType>) -> Int {
        guard (try? output(for: inputs)) != nil else { return 0 }
        let problem = problem(inputs[0], inputs[1])
        return problem.isDepthwise
            ? problem.depthwise(BRAID_DEPTHWISE_FORWARD).scratchByteCount
            : products(problem).scratchByteCount
    }

    /// A product `[outputs, taps] [taps, positions]` for each image and group.
    private func products(_ problem: ConvolutionProblem) -> ConvolutionProducts {
        let (rows, columns) = (problem.outputsPerGroup, problem.result.count)
        let taps = problem.channelsPerGroup * problem.kernel.count
        return ConvolutionProducts(
            problem, products: problem.batch * problem.groups, rows: rows, columns: columns,
            inner: taps,
            steps: .init(
                kernel: rows * taps, gathered: problem.channelsPerGroup * problem.image.count,
                result: rows * columns))
    }

    /// Convolves in pieces of images, channels and positions.
    public func evaluate(_ context: borrowing KernelContext) {
        let problem = problem(context.inputs[0].type, context.inputs[1].type)
        let (x, w) = (context.dense(0), context.dense(1))
        if problem.isDepthwise {
            return problem.depthwise(BRAID_DEPTHWISE_FORWARD).run(x, w, context)
        }
        let taps = problem.channelsPerGroup * problem.kernel.count
        var product = braid_gemm_arguments()
        product.k = Int64(taps)
        product.a = UnsafeRawPointer(w)
        product.a_row_stride = Int64(taps)
        product.a_column_stride = 1
        product.b = UnsafeRawPointer(x)
        product.b_layout = BRAID_B_CONV_FORWARD
        product.c = context.outputs[0].address
        product.ldc = Int64(problem.result.count)
        products(problem).run(
            product,
            geometry.kernelGeometry(
                gathered: problem.image, channels: problem.channelsPerGroup,
                kernel: problem.kernel, positions: problem.result), context)
    }

    /// Both operands' values.
    public var gradientNeeds: GradientNeeds { .inputs }

    /// The two other operators of the family.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        let (x, w, dy) = (context.inputs[0], context.inputs[1], context.cotangent)
        return [
            .apply(TransposedConvolution(geometry, output: Spatial(of: x.shape)), dy, w),
            .apply(ConvolutionWeightGradient(geometry, kernel: Spatial(of: w.shape)), x, dy),
        ]
    }
}

extension Operand {
    /// Cross-correlation of these images of one to three spatial axes with `weight`, of f32 or f64.
    ///
    /// ```swift
    /// let y = images.convolution(weight, stride: 2, padding: [1, 0])
    /// ```
    /// - Parameters:
    ///   - weight: `[outputs, channels / groups, kernel extents…]`.
    ///   - stride: steps between windows.
    ///   - padding: zeros on both sides of the image along each axis.
    ///   - dilation: steps between the elements of a window.
    ///   - groups: into how many groups the channels are cut, each with its own share of the outputs;
    ///     as many as there are channels makes the convolution depthwise.
    /// - Returns: `[batch, outputs, out extents…]` with
    ///   `out = (extent + 2 padding - dilation (kernel - 1) - 1) / stride + 1`.
    /// - Precondition: this array is `[batch, channels, extents…]`, groups divide channels and outputs,
    ///   and the window lies within the padded image.
    public func convolution(
        _ weight: Self, stride: some SpatialValue = 1, padding: some SpatialValue = 0,
        dilation: some SpatialValue = 1, groups: Int = 1
    ) -> Self {
        let rank = spatialRank
        let geometry = ConvolutionGeometry(
            stride: stride.spatial(rank: rank), padding: padding.spatial(rank: rank),
            dilation: dilation.spatial(rank: rank), groups: groups)
        return Self.apply(Convolution(geometry), self, weight)
    }
}
