public import BraidCore
import CBraidKernels

/// The transpose of a convolution as a linear function of its images: from arrays of its result's shape
/// and its kernels to arrays of its images' shape. The gradient of a convolution by its images, and a
/// layer that makes images larger.
public struct TransposedConvolution: Operator {
    /// The name in files.
    public static let name = "transposed_convolution"
    /// Takes dense operands.
    public static let traits: OperatorTraits = .denseInputs
    /// Arrays of the convolution's result's shape, and its kernels.
    public static let arity: Int? = 2

    /// How the convolution's kernels move.
    public let geometry: ConvolutionGeometry
    /// The extents of what comes out; with a stride, several lead to the same result of the convolution.
    public let extents: Spatial

    package init(_ geometry: ConvolutionGeometry, output extents: Spatial) {
        self.geometry = geometry
        self.extents = extents
    }

    /// `[batch, channels, extents…]`.
    /// - Throws: `ArrayError` when the operands are no result and kernels of a convolution of such
    ///   images.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        let (y, w) = (inputs[0], inputs[1])
        try requireConvolutionOperands(
            geometry, y, "arrays [batch, outputs]", w, "kernels [outputs, channels / groups]")
        let problem = problem(y, w)
        try requireSolvable(problem)
        try require(
            y.shape[1] == w.shape[0] && Spatial(of: y.shape) == problem.result, .shapeMismatch,
            "\(y.shape) is not the shape of a convolution of images \(extents) with kernels "
                + "\(w.shape), \(geometry)")
        return TensorType(
            y.dtype, try shape([y.shape[0], problem.channels] + extents.values))
    }

    private func problem(_ y: TensorType, _ w: TensorType) -> ConvolutionProblem {
        ConvolutionProblem(
            geometry, y.dtype, batch: y.shape[0],
            channels: saturatingProduct(w.shape[1], geometry.groups), outputs: w.shape[0],
            image: extents, kernel: Spatial(of: w.shape))
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
            ? problem.depthwise(BRAID_DEPTHWISE_INPUT).scratchByteCount
            : products(problem).scratchByteCount
    }

    /// A product `[channels, (outputs, taps)] [(outputs, taps), places]` for each image and group.
    private func products(_ problem: ConvolutionProblem) -> ConvolutionProducts {
        let (rows, columns) = (problem.channelsPerGroup, problem.image.count)
        let inner = problem.outputsPerGroup * problem.kernel.count
        return ConvolutionProducts(
            problem, products: problem.batch * problem.groups, rows: rows, columns: columns,
            inner: inner,
            steps: .init(
                kernel: rows * inner, gathered: problem.outputsPerGroup * problem.result.count,
                result: rows * columns))
    }

    /// Gathers in pieces of images, channels and places.
    public func evaluate(_ context: borrowing KernelContext) {
        let problem = problem(context.inputs[0].type, context.inputs[1].type)
        let (y, w) = (context.dense(0), context.dense(1))
        if problem.isDepthwise {
            return problem.depthwise(BRAID_DEPTHWISE_INPUT).run(y, w, context)
        }
        let taps = problem.kernel.count
        var product = braid_gemm_arguments()
        product.k = Int64(problem.outputsPerGroup * taps)
        // The kernels as [channels, (outputs, taps)], read in place.
        product.a = UnsafeRawPointer(w)
        product.a_row_stride = Int64(taps)
        product.a_column_stride = 1
        product.a_inner = Int64(taps)
        product.a_outer_stride = Int64(problem.channelsPerGroup * taps)
        product.b = UnsafeRawPointer(y)
        product.b_layout = BRAID_B_CONV_INPUT
        product.c = context.outputs[0].address
        product.ldc = Int64(problem.image.count)
        products(problem).run(
            product,
            geometry.kernelGeometry(
                gathered: problem.result, channels: problem.outputsPerGroup,
                kernel: problem.kernel, positions: problem.image), context)
    }

    /// Both operands' values.
    public var gradientNeeds: GradientNeeds { .inputs }

    /// The operator is linear in both operands; `u` is the cotangent of the images it made.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        let (y, w, u) = (context.inputs[0], context.inputs[1], context.cotangent)
        return [
            .apply(Convolution(geometry), u, w),
            .apply(ConvolutionWeightGradient(geometry, kernel: Spatial(of: w.shape)), u, y),
        ]
    }
}

extension Operand {
    /// The transposed convolution of this array with `weight`, of f32 or f64: every element adds its
    /// multiple of the kernels where a convolution with the same numbers would read for it.
    ///
    /// ```swift
    /// let larger = images.transposedConvolution(weight, stride: 2, padding: 1, outputPadding: 1)
    /// ```
    /// - Parameters:
    ///   - weight: `[channels, outputs / groups, kernel extents…]`.
    ///   - stride: steps between the places of neighbouring elements in the result.
    ///   - padding: how much is cut off on both sides of the result.
    ///   - outputPadding: how much longer the result is at its end; below the stride or the dilation.
    ///   - dilation: steps between the elements of a kernel in the result.
    ///   - groups: into how many groups the channels are cut, each with its own share of the outputs.
    /// - Returns: `[batch, outputs, out extents…]` with `out = (extent - 1) stride - 2 padding
    ///   + dilation (kernel - 1) + outputPadding + 1`.
    /// - Precondition: this array is `[batch, channels, extents…]` with extents of at least 1, groups
    ///   divide channels and outputs, and the result is not empty.
    public func transposedConvolution(
        _ weight: Self, stride: some SpatialValue = 1, padding: some SpatialValue = 0,
        outputPadding: some SpatialValue = 0, dilation: some SpatialValue = 1, groups: Int = 1
    ) -> Self {
        let rank = spatialRank
        let geometry = ConvolutionGeometry(
            stride: stride.spatial(rank: rank), padding: padding.spatial(rank: rank),
            dilation: dilation.spatial(rank: rank), groups: groups)
        let longer = outputPadding.spatial(rank: rank)
        for axis in 0..<rank {
            let bound = Swift.max(geometry.stride[axis], geometry.dilation[axis])
            if longer[axis] >= 0, longer[axis] < Swift.max(bound, 1) { continue }
            return refused(
                .invalidValue, in: TransposedConvolution.name,
                "the outputPadding \(longer) is not from 0 to below the stride \(geometry.stride) or "
                    + "the dilation \(geometry.dilation) along axis \(axis + 2)")
        }
        // Inference refuses operands of other ranks.
        func extent(_ axis: Int) -> Int { axis + 2 < self.rank ? shape[axis + 2] : 1 }
        let extents = Spatial(rank: rank) { axis in
            let kernel = axis + 2 < weight.rank ? weight.shape[axis + 2] : 1
            return (extent(axis) - 1) &* geometry.stride[axis] &- 2 &* geometry.padding[axis]
                &+ geometry.dilation[axis] &* (kernel - 1) &+ longer[axis] &+ 1
        }
        // A convolution of a result that is longer by a stride or more has more places; zeros there.
        let more = (0..<rank).map { longer[$0] / Swift.max(geometry.stride[$0], 1) }
        let images =
            more.contains { $0 > 0 } && self.rank == rank + 2
            ? padded(by: [(0, 0), (0, 0)] + more.map { (0, $0) }) : self
        return Self.apply(
            TransposedConvolution(geometry, output: extents), images, weight)
    }
}
