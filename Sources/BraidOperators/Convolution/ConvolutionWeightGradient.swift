public import BraidCore
import CBraidKernels

/// The cotangent of a convolution's kernels, from its images and the cotangent of its result.
public struct ConvolutionWeightGradient: Operator {
    /// The name in files.
    public static let name = "convolution_weight_gradient"
    /// Takes dense operands.
    public static let traits: OperatorTraits = .denseInputs
    /// The images and the result's cotangent.
    public static let arity: Int? = 2

    /// How the kernels move.
    public let geometry: ConvolutionGeometry
    /// The kernels' extents.
    public let kernel: Spatial

    package init(_ geometry: ConvolutionGeometry, kernel: Spatial) {
        self.geometry = geometry
        self.kernel = kernel
    }

    /// `[outputs, channels / groups, kernel extents…]`.
    /// - Throws: `ArrayError` when the operands are no images and result of such a convolution.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        let (x, dy) = (inputs[0], inputs[1])
        try requireConvolutionOperands(
            geometry, x, "images [batch, channels]", dy, "a cotangent [batch, outputs]")
        let problem = problem(x, dy)
        try requireSolvable(problem)
        try require(
            dy.shape[0] == x.shape[0] && Spatial(of: dy.shape) == problem.result, .shapeMismatch,
            "the cotangent \(dy.shape) is not that of images \(x.shape) and kernels \(kernel)")
        return TensorType(
            x.dtype, try shape([dy.shape[1], problem.channelsPerGroup] + kernel.values))
    }

    private func problem(_ x: TensorType, _ dy: TensorType) -> ConvolutionProblem {
        ConvolutionProblem(
            geometry, x.dtype, batch: x.shape[0], channels: x.shape[1], outputs: dy.shape[1],
            image: Spatial(of: x.shape), kernel: kernel)
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
            ? problem.depthwise(BRAID_DEPTHWISE_WEIGHT).scratchByteCount
            : products(problem).scratchByteCount
    }

    /// A product `[outputs, (batch, positions)] [(batch, positions), (channels, taps)]` for each group.
    private func products(_ problem: ConvolutionProblem) -> ConvolutionProducts {
        let (rows, columns) = (
            problem.outputsPerGroup, problem.channelsPerGroup * kernel.count
        )
        return ConvolutionProducts(
            problem, products: problem.groups, rows: rows, columns: columns,
            inner: problem.batch * problem.result.count,
            steps: .init(
                kernel: rows * problem.result.count,
                gathered: problem.channelsPerGroup * problem.image.count, result: rows * columns),
            isTransposed: true)
    }

    /// Sums over the whole batch in one product, in pieces of outputs, channels and taps.
    public func evaluate(_ context: borrowing KernelContext) {
        let problem = problem(context.inputs[0].type, context.inputs[1].type)
        let (x, dy) = (context.dense(0), context.dense(1))
        if problem.isDepthwise {
            return problem.depthwise(BRAID_DEPTHWISE_WEIGHT).run(x, dy, context)
        }
        let positions = problem.result.count
        var product = braid_gemm_arguments()
        product.k = Int64(problem.batch * positions)
        // The cotangent as [outputs, (batch, positions)], read in place.
        product.a = UnsafeRawPointer(dy)
        product.a_row_stride = Int64(positions)
        product.a_column_stride = 1
        product.a_inner = Int64(positions)
        product.a_outer_stride = Int64(problem.outputs * positions)
        product.b = UnsafeRawPointer(x)
        product.b_layout = BRAID_B_CONV_WEIGHT
        product.c = context.outputs[0].address
        product.ldc = Int64(problem.channelsPerGroup * kernel.count)
        products(problem).run(
            product,
            geometry.kernelGeometry(
                gathered: problem.image, channels: problem.channelsPerGroup, kernel: kernel,
                positions: problem.result,
                imageStride: problem.channels * problem.image.count), context)
    }

    /// Both operands' values.
    public var gradientNeeds: GradientNeeds { .inputs }

    /// The operator is linear in both operands; `u` is the cotangent of the kernels' cotangent.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        let (x, dy, u) = (context.inputs[0], context.inputs[1], context.cotangent)
        return [
            .apply(TransposedConvolution(geometry, output: Spatial(of: x.shape)), dy, u),
            .apply(Convolution(geometry), x, u),
        ]
    }
}
