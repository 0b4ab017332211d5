import BraidCore
import CBraidKernels

/// The matrix products of a convolution, one for each image and group, or for each group.
struct ConvolutionProducts {
    private let problem: ConvolutionProblem
    private let grid: ProductGrid
    /// How the gathered matrix of the only product is packed before all pieces, where several read it.
    private let packing: RightPacking?
    private let steps: Steps

    /// Elements from one product's operand to the next one's; the kernels' start again with each image.
    struct Steps {
        let kernel: Int
        let gathered: Int
        let result: Int
    }

    /// Products `[rows, inner] [inner, columns]`.
    /// - Parameter isTransposed: whether the gathered matrix is transposed when it is packed, as for the
    ///   kernels' gradient: there its rows are positions, and too many to be packed at once.
    init(
        _ problem: ConvolutionProblem, products: Int, rows: Int, columns: Int, inner: Int,
        steps: Steps, isTransposed: Bool = false
    ) {
        self.problem = problem
        self.steps = steps
        let packing =
            products == 1 && !isTransposed
            ? RightPacking(inner: inner, columns: columns, problem.dtype) : nil
        // Gathering costs more than copying.
        let cost = packing != nil ? 0 : isTransposed ? 3 : 1.5
        grid = ProductGrid(
            products: products, rows: rows, columns: columns, inner: inner,
            sharing: isTransposed ? 1 : problem.imagesPerProduct(columns: columns),
            packing: .init(right: cost), problem.dtype)
        self.packing = grid.rowCuts > 1 ? packing : nil
    }

    /// Packing space for all pieces.
    var scratchByteCount: Int {
        (packing?.byteCount ?? 0) + grid.count * grid.scratchByteCount
    }

    /// Runs all; `product` is the first one, whole. `a` of the product steps by kernels, `b` by gathered
    /// images, `c` by results.
    func run(
        _ product: braid_gemm_arguments, _ geometry: braid_conv_geometry,
        _ context: borrowing KernelContext
    ) {
        let (scratch, groups) = (context.scratch, problem.groups)
        let (a, b, c): (UnsafeRawPointer, UnsafeRawPointer, UnsafeMutableRawPointer) = (
            product.a, product.b, product.c
        )
        withUnsafePointer(to: geometry) { geometry in
            var product = product
            product.geometry = geometry
            product.b_image_stride = Int64(steps.gathered)
            product.c_image_stride = Int64(steps.result)
            if problem.isPointwise, product.b_layout != BRAID_B_CONV_WEIGHT {
                product.b_layout = BRAID_B_STRIDED
                product.b_row_stride = Int64(problem.image.count)
                product.b_column_stride = 1
            }
            packing?.pack(product, into: scratch!, context)
            let whole = product
            context.parallelFor(grid.count) { piece in
                let part = grid[piece]
                let (row, column) = (part.rows.lowerBound, part.columns.lowerBound)
                let packed = packing?.byteCount ?? 0
                let space = scratch.map { $0 + packed + piece * grid.scratchByteCount }
                var own = whole
                own.m = Int64(part.rows.count)
                own.n = Int64(part.columns.count)
                own.b_n_offset = Int64(column)
                for index in stride(
                    from: part.products.lowerBound, to: part.products.upperBound, by: grid.sharing)
                {
                    own.images = Int64(min(grid.sharing, part.products.upperBound - index))
                    let aOffset = index % groups * steps.kernel + row * Int(own.a_row_stride)
                    own.a = a + problem.bytes(aOffset)
                    own.b = b + problem.bytes(index * steps.gathered)
                    own.c = c + problem.bytes(index * steps.result + row * Int(own.ldc) + column)
                    packing?.lead(&own, to: scratch!)
                    Kernels.table.pointee.gemm(
                        braid_dtype(UInt32(problem.dtype.rawValue)), &own, space)
                }
            }
        }
    }
}
