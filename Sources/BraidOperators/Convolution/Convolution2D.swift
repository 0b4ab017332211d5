public import BraidCore
import CBraidKernels

/// Cross-correlation of images `[batch, channels, height, width]` with kernels
/// `[outputs, channels, kernel height, kernel width]`, as every framework's convolution:
/// `y[n, o, i, j] = Σ x[n, c, i s - p + u d, j s - p + v d] w[o, c, u, v]` over c, u, v.
///
/// An implicit matrix product: the kernels gather the columns from the image while they pack.
public struct Convolution2D: Operator {
    /// The name in files.
    public static let name = "convolution_2d"
    /// Takes dense operands.
    public static let traits: OperatorTraits = .denseInputs
    /// Images and kernels.
    public static let arity: Int? = 2

    /// How the kernel moves.
    public let geometry: ConvolutionGeometry

    package init(_ geometry: ConvolutionGeometry) { self.geometry = geometry }

    /// `[batch, outputs, out height, out width]` with
    /// `out = (extent + 2 padding - dilation (kernel - 1) - 1) / stride + 1`.
    /// - Throws: `ArrayError` for other dtypes than f32 and f64, other ranks, different channels, and
    ///   a window that exceeds the padded image.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        let (x, w) = (inputs[0], inputs[1])
        try requireImages(x, w)
        try requireRank(4, w, "kernels [outputs, channels, kernel height, kernel width]")
        try require(
            w.shape[1] == x.shape[1], .shapeMismatch,
            "kernels \(w.shape) take \(w.shape[1]) channels, but images \(x.shape) have \(x.shape[1])"
        )
        let out = try requireOutput(
            geometry, Spatial2D(of: x.shape), kernel: Spatial2D(of: w.shape))
        return TensorType(
            x.dtype, try shape([x.shape[0], w.shape[0], out.height, out.width]))
    }

    /// Two operations for each product.
    public func cost(for inputs: Span<TensorType>, output: TensorType) -> Int {
        saturatingProduct(2 * output.count, inputs[1].count / max(inputs[1].shape[0], 1))
    }

    /// Packing space for each piece.
    public func scratchByteCount(for inputs: Span<TensorType>) -> Int {
        guard let output = try? output(for: inputs) else { return 0 }
        let grid = grid(inputs[1].shape, output)
        return grid.count * grid.scratchByteCount
    }

    /// A product `[outputs, taps] [taps, positions]` for each image.
    private func grid(_ w: Shape, _ output: TensorType) -> ProductGrid {
        ProductGrid(
            products: output.shape[0], rows: w[0], columns: Spatial2D(of: output.shape).count,
            inner: w.elementCount / max(w[0], 1), output.dtype)
    }

    /// Convolves in pieces of images, channels and positions.
    public func evaluate(_ context: borrowing KernelContext) {
        let (x, w, y) = (context.inputs[0], context.inputs[1], context.outputs[0])
        let taps = w.type.count / max(w.shape[0], 1)
        let positions = Spatial2D(of: y.shape)
        let geometry = geometry.kernelGeometry(
            gathered: Spatial2D(of: x.shape), channels: x.shape[1],
            kernel: Spatial2D(of: w.shape), positions: positions)
        var product = braid_gemm_arguments()
        product.k = Int64(taps)
        product.a = UnsafeRawPointer(context.dense(1))
        product.a_row_stride = Int64(taps)
        product.a_column_stride = 1
        product.b = UnsafeRawPointer(context.dense(0))
        product.b_layout = BRAID_B_CONV_FORWARD
        product.c = y.address
        product.ldc = Int64(positions.count)
        grid(w.shape, y.type).run(
            product, geometry, y.type, imageByteCount: x.type.byteCount / max(x.shape[0], 1),
            resultByteCount: y.type.byteCount / max(y.shape[0], 1), context)
    }

    /// Both operands' values.
    public var gradientNeeds: GradientNeeds { .inputs }

    /// The operators below.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        let (x, w, dy) = (context.inputs[0], context.inputs[1], context.cotangent)
        return [
            .apply(Convolution2DInputGradient(geometry, image: Spatial2D(of: x.shape)), dy, w),
            .apply(Convolution2DWeightGradient(geometry, kernel: Spatial2D(of: w.shape)), x, dy),
        ]
    }
}

/// The cotangent of a convolution's images, from that of its result and the kernels (a transposed
/// convolution).
public struct Convolution2DInputGradient: Operator {
    /// The name in files.
    public static let name = "convolution_2d_input_gradient"
    /// Takes dense operands.
    public static let traits: OperatorTraits = .denseInputs
    /// The result's cotangent and the kernels.
    public static let arity: Int? = 2

    /// How the kernel moves.
    public let geometry: ConvolutionGeometry
    /// The images' extents.
    public let image: Spatial2D

    package init(_ geometry: ConvolutionGeometry, image: Spatial2D) {
        self.geometry = geometry
        self.image = image
    }

    /// `[batch, channels, height, width]`.
    /// - Throws: `ArrayError` when the operands are no result and kernels of such a convolution.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        let (dy, w) = (inputs[0], inputs[1])
        try requireImages(dy, w)
        try requireRank(4, w, "kernels [outputs, channels, kernel height, kernel width]")
        let out = try requireOutput(geometry, image, kernel: Spatial2D(of: w.shape))
        try require(
            dy.shape[1] == w.shape[0] && Spatial2D(of: dy.shape) == out, .shapeMismatch,
            "the cotangent \(dy.shape) is not that of images \(image) and kernels \(w.shape)")
        return TensorType(
            dy.dtype, try shape([dy.shape[0], w.shape[1], image.height, image.width]))
    }

    /// Two operations for each product.
    public func cost(for inputs: Span<TensorType>, output: TensorType) -> Int {
        saturatingProduct(2 * output.count, inputs[1].count / max(inputs[1].shape[1], 1))
    }

    /// Packing space for each piece.
    public func scratchByteCount(for inputs: Span<TensorType>) -> Int {
        guard let output = try? output(for: inputs) else { return 0 }
        let grid = grid(inputs[1].shape, output)
        return grid.count * grid.scratchByteCount
    }

    /// A product `[channels, (outputs, taps)] [(outputs, taps), positions]` for each image.
    private func grid(_ w: Shape, _ output: TensorType) -> ProductGrid {
        ProductGrid(
            products: output.shape[0], rows: w[1], columns: image.count,
            inner: w.elementCount / max(w[1], 1), output.dtype)
    }

    /// Gathers in pieces of images, channels and positions.
    public func evaluate(_ context: borrowing KernelContext) {
        let (dy, w, dx) = (context.inputs[0], context.inputs[1], context.outputs[0])
        let kernel = Spatial2D(of: w.shape)
        let geometry = geometry.kernelGeometry(
            gathered: Spatial2D(of: dy.shape), channels: dy.shape[1], kernel: kernel,
            positions: image)
        var product = braid_gemm_arguments()
        product.k = Int64(w.shape[0] * kernel.count)
        // The kernels as [channels, (outputs, taps)], read in place.
        product.a = UnsafeRawPointer(context.dense(1))
        product.a_row_stride = Int64(kernel.count)
        product.a_column_stride = 1
        product.a_inner = Int64(kernel.count)
        product.a_outer_stride = Int64(w.shape[1] * kernel.count)
        product.b = UnsafeRawPointer(context.dense(0))
        product.b_layout = BRAID_B_CONV_INPUT
        product.c = dx.address
        product.ldc = Int64(image.count)
        grid(w.shape, dx.type).run(
            product, geometry, dx.type, imageByteCount: dy.type.byteCount / max(dy.shape[0], 1),
            resultByteCount: dx.type.byteCount / max(dx.shape[0], 1), context)
    }

    /// Both operands' values.
    public var gradientNeeds: GradientNeeds { .inputs }

    /// The operator is linear in both operands; `u` is the cotangent of the images' cotangent.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        let (dy, w, u) = (context.inputs[0], context.inputs[1], context.cotangent)
        return [
            .apply(Convolution2D(geometry), u, w),
            .apply(Convolution2DWeightGradient(geometry, kernel: Spatial2D(of: w.shape)), u, dy),
        ]
    }
}

/// The cotangent of a convolution's kernels, from its images and the cotangent of its result.
public struct Convolution2DWeightGradient: Operator {
    /// The name in files.
    public static let name = "convolution_2d_weight_gradient"
    /// Takes dense operands.
    public static let traits: OperatorTraits = .denseInputs
    /// The images and the result's cotangent.
    public static let arity: Int? = 2

    /// How the kernel moves.
    public let geometry: ConvolutionGeometry
    /// The kernels' extents.
    public let kernel: Spatial2D

    package init(_ geometry: ConvolutionGeometry, kernel: Spatial2D) {
        self.geometry = geometry
        self.kernel = kernel
    }

    /// `[outputs, channels, kernel height, kernel width]`.
    /// - Throws: `ArrayError` when the operands are no images and result of such a convolution.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        let (x, dy) = (inputs[0], inputs[1])
        try requireImages(x, dy)
        try requireRank(4, dy, "a cotangent [batch, outputs, out height, out width]")
        let out = try requireOutput(geometry, Spatial2D(of: x.shape), kernel: kernel)
        try require(
            dy.shape[0] == x.shape[0] && Spatial2D(of: dy.shape) == out, .shapeMismatch,
            "the cotangent \(dy.shape) is not that of images \(x.shape) and kernels \(kernel)")
        return TensorType(
            x.dtype, try shape([dy.shape[1], x.shape[1], kernel.height, kernel.width]))
    }

    /// Two operations for each product.
    public func cost(for inputs: Span<TensorType>, output: TensorType) -> Int {
        saturatingProduct(2 * output.count, inputs[1].count / max(inputs[1].shape[1], 1))
    }

    /// Packing space for each piece.
    public func scratchByteCount(for inputs: Span<TensorType>) -> Int {
        // The extents of a kernel may be attributes that make no shape.
        guard (try? output(for: inputs)) != nil else { return 0 }
        let grid = grid(inputs[0].shape, inputs[1])
        return grid.count * grid.scratchByteCount
    }

    /// One product `[outputs, (batch, positions)] [(batch, positions), (channels, taps)]`.
    private func grid(_ x: Shape, _ dy: TensorType) -> ProductGrid {
        ProductGrid(
            products: 1, rows: dy.shape[1], columns: x[1] * kernel.count,
            inner: dy.shape[0] * Spatial2D(of: dy.shape).count, dy.dtype)
    }

    /// Sums over the whole batch in one product, in pieces of outputs, channels and taps.
    public func evaluate(_ context: borrowing KernelContext) {
        let (x, dy, dw) = (context.inputs[0], context.inputs[1], context.outputs[0])
        let positions = Spatial2D(of: dy.shape)
        let geometry = geometry.kernelGeometry(
            gathered: Spatial2D(of: x.shape), channels: x.shape[1], kernel: kernel,
            positions: positions)
        var product = braid_gemm_arguments()
        product.k = Int64(dy.shape[0] * positions.count)
        // The cotangent as [outputs, (batch, positions)], read in place.
        product.a = UnsafeRawPointer(context.dense(1))
        product.a_row_stride = Int64(positions.count)
        product.a_column_stride = 1
        product.a_inner = Int64(positions.count)
        product.a_outer_stride = Int64(dy.shape[1] * positions.count)
        product.b = UnsafeRawPointer(context.dense(0))
        product.b_layout = BRAID_B_CONV_WEIGHT
        product.c = dw.address
        product.ldc = Int64(x.shape[1] * kernel.count)
        grid(x.shape, dy.type).run(
            product, geometry, dw.type, imageByteCount: 0, resultByteCount: 0, context)
    }

    /// Both operands' values.
    public var gradientNeeds: GradientNeeds { .inputs }

    /// The operator is linear in both operands; `u` is the cotangent of the kernels' cotangent.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        let (x, dy, u) = (context.inputs[0], context.inputs[1], context.cotangent)
        return [
            .apply(Convolution2DInputGradient(geometry, image: Spatial2D(of: x.shape)), dy, u),
            .apply(Convolution2D(geometry), x, u),
        ]
    }
}

extension ProductGrid {
    /// Runs the products of a convolution, one per image; `product` is the first one, whole.
    fileprivate func run(
        _ product: braid_gemm_arguments, _ geometry: braid_conv_geometry, _ type: TensorType,
        imageByteCount: Int, resultByteCount: Int, _ context: borrowing KernelContext
    ) {
        let scratch = context.scratch
        withUnsafePointer(to: geometry) { geometry in
            context.parallelFor(count) { piece in
                let part = self[piece]
                let (row, column) = (part.rows.lowerBound, part.columns.lowerBound)
                let scratch = scratch.map { $0 + piece * scratchByteCount }
                var own = product
                own.geometry = geometry
                own.m = Int64(part.rows.count)
                own.n = Int64(part.columns.count)
                own.b_n_offset = Int64(column)
                own.a += row * Int(own.a_row_stride) * type.dtype.size
                own.c += (row * Int(own.ldc) + column) * type.dtype.size
                let (b, c): (UnsafeRawPointer, UnsafeMutableRawPointer) = (own.b, own.c)
                for image in part.products {
                    own.b = b + image * imageByteCount
                    own.c = c + image * resultByteCount
                    Kernels.table.pointee.gemm(
                        braid_dtype(UInt32(type.dtype.rawValue)), &own, scratch)
                }
            }
        }
    }
}

extension Operator {
    fileprivate func requireImages(_ x: TensorType, _ other: TensorType) throws(ArrayError) {
        try requireFloating(x)
        try requireSameType(x, other)
        try requireRank(4, x, "images [batch, channels, height, width]")
    }

    fileprivate func requireOutput(
        _ geometry: ConvolutionGeometry, _ image: Spatial2D, kernel: Spatial2D
    ) throws(ArrayError) -> Spatial2D {
        if let output = geometry.output(of: image, kernel: kernel) { return output }
        throw ArrayError(
            .shapeMismatch, in: Self.name,
            "kernels \(kernel) with \(geometry) do not fit images \(image); kernel, stride and "
                + "dilation must be at least 1, padding at least 0, and the window within the padded "
                + "image")
    }
}

extension Operand {
    /// Cross-correlation of these images with `weight`, of f32 or f64.
    ///
    /// ```swift
    /// let y = images.convolution2D(weight, padding: (1, 1))
    /// ```
    /// - Parameters:
    ///   - weight: `[outputs, channels, kernel height, kernel width]`.
    ///   - stride: steps between windows, down and across.
    ///   - padding: zeros around the image, above and below, left and right.
    ///   - dilation: steps between the elements of a window, down and across.
    /// - Returns: `[batch, outputs, out height, out width]` with
    ///   `out = (extent + 2 padding - dilation (kernel - 1) - 1) / stride + 1`.
    /// - Precondition: this array is `[batch, channels, height, width]`, and the window lies within
    ///   the padded image.
    public func convolution2D(
        _ weight: Self, stride: (Int, Int) = (1, 1), padding: (Int, Int) = (0, 0),
        dilation: (Int, Int) = (1, 1)
    ) -> Self {
        let geometry = ConvolutionGeometry(
            stride: Spatial2D(stride), padding: Spatial2D(padding), dilation: Spatial2D(dilation))
        return Self.apply(Convolution2D(geometry), self, weight)
    }
}
