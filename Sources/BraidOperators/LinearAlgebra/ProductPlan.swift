import BraidCore
import CBraidKernels

/// An operand's shape as matrices behind leading dimensions.
struct MatrixFactor {
    let leading: Shape
    let rows: Int
    let columns: Int

    init(left shape: Shape) {
        self.init(shape, rows: shape.rank > 1 ? shape[shape.rank - 2] : 1, shape[shape.rank - 1])
    }

    init(right shape: Shape) {
        let isVector = shape.rank == 1
        self.init(
            shape, rows: shape[isVector ? 0 : shape.rank - 2], isVector ? 1 : shape[shape.rank - 1])
    }

    private init(_ shape: Shape, rows: Int, _ columns: Int) {
        var leading = Shape()
        for axis in 0..<max(shape.rank - 2, 0) { leading.append(shape[axis]) }
        self.leading = leading
        self.rows = rows
        self.columns = columns
    }
}

/// How a product is cut, from types alone.
struct ProductPlan {
    let left: MatrixFactor
    let right: MatrixFactor
    let leading: Shape
    /// Rows of one product; those of all products together when they share the right factor.
    let rows: Int
    private let grid: ProductGrid
    private let isShared: Bool
    /// Whether every product is a row times a matrix or a matrix times a column, which is read once and
    /// not packed. Decided by the shapes, because its sums are in another order.
    private let isVectorProduct: Bool
    /// How the right factor is packed before all pieces, where several read the same columns.
    private let packing: RightPacking?

    init(_ a: TensorType, _ b: TensorType) {
        left = MatrixFactor(left: a.shape)
        right = MatrixFactor(right: b.shape)
        leading = left.leading.broadcast(with: right.leading) ?? left.leading
        isShared = right.leading.elementCount == 1 && leading.elementCount > 1
        rows = isShared ? left.rows * leading.elementCount : left.rows
        let products = isShared ? 1 : leading.elementCount
        let isVectorProduct = rows == 1 || right.columns == 1
        let packing =
            products == 1 && !isVectorProduct
            ? RightPacking(inner: left.columns, columns: right.columns, a.dtype) : nil
        let grid = ProductGrid(
            products: products, rows: rows, columns: right.columns, inner: left.columns,
            packing: isVectorProduct ? nil : .init(right: packing == nil ? 1 : 0), a.dtype)
        self.grid = grid
        self.isVectorProduct = isVectorProduct
        self.packing = grid.rowCuts > 1 ? packing : nil
    }

    var scratchByteCount: Int {
        isVectorProduct ? 0 : (packing?.byteCount ?? 0) + grid.count * grid.scratchByteCount
    }

    /// Runs all pieces.
    func run(
        _ a: TensorView, _ b: TensorView, _ c: TensorView, _ context: borrowing KernelContext
    ) {
        let scratch = context.scratch
        if let packing {
            var product = braid_gemm_arguments()
            product.k = Int64(left.columns)
            setRight(b, &product)
            product.b = UnsafeRawPointer(b.address)
            packing.pack(product, into: scratch!, context)
        }
        context.parallelFor(grid.count) { run($0, a, b, c, scratch: scratch) }
    }

    private func setRight(_ b: TensorView, _ arguments: inout braid_gemm_arguments) {
        arguments.b_layout = BRAID_B_STRIDED
        arguments.b_row_stride = Int64(b.strides[max(b.shape.rank - 2, 0)])
        arguments.b_column_stride = b.shape.rank > 1 ? Int64(b.strides[b.shape.rank - 1]) : 0
    }

    private func run(
        _ piece: Int, _ a: TensorView, _ b: TensorView, _ c: TensorView,
        scratch: UnsafeMutableRawPointer?
    ) {
        let part = grid[piece]
        let own = (packing?.byteCount ?? 0) + piece * grid.scratchByteCount
        var arguments = braid_gemm_arguments()
        arguments.k = Int64(left.columns)
        arguments.a_column_stride = Int64(a.strides[a.shape.rank - 1])
        arguments.a_row_stride = a.shape.rank > 1 ? Int64(a.strides[a.shape.rank - 2]) : 0
        setRight(b, &arguments)
        arguments.n = Int64(part.columns.count)
        arguments.ldc = Int64(right.columns)
        arguments.b_n_offset = Int64(part.columns.lowerBound)

        func multiply(product: Int, rows: Range<Int>, firstRowOfC: Int) {
            let aOffset = offset(of: product, a, left.leading)
            let bOffset = offset(of: product, b, right.leading)
            arguments.m = Int64(rows.count)
            arguments.a = UnsafeRawPointer(
                a.element(aOffset + rows.lowerBound * Int(arguments.a_row_stride)))
            arguments.b = UnsafeRawPointer(b.element(bOffset))
            packing?.lead(&arguments, to: scratch!)
            arguments.c = c.element(firstRowOfC * right.columns + part.columns.lowerBound)
            if isVectorProduct {
                var vector = braid_gemv_arguments(arguments, isRow: self.rows == 1, b)
                Kernels.table.pointee.gemv(a.kernelType, &vector)
            } else {
                Kernels.table.pointee.gemm(a.kernelType, &arguments, scratch.map { $0 + own })
            }
        }
        if !isShared {
            for product in part.products {
                multiply(
                    product: product, rows: part.rows,
                    firstRowOfC: product * rows + part.rows.lowerBound)
            }
        } else if let stride = rowStride(of: a) {
            arguments.a_row_stride = Int64(stride)
            multiply(product: 0, rows: part.rows, firstRowOfC: part.rows.lowerBound)
        } else {
            var row = part.rows.lowerBound
            while row < part.rows.upperBound {
                let (product, first) = row.quotientAndRemainder(dividingBy: left.rows)
                let last = min(left.rows, first + part.rows.upperBound - row)
                multiply(product: product, rows: first..<last, firstRowOfC: row)
                row += last - first
            }
        }
    }

    /// Where a product's matrix starts in an operand.
    private func offset(of product: Int, _ view: TensorView, _ own: Shape) -> Int {
        var (rest, offset) = (product, 0)
        let added = leading.rank - own.rank
        for axis in (0..<leading.rank).reversed() {
            let (quotient, index) = rest.quotientAndRemainder(dividingBy: leading[axis])
            if axis >= added, own[axis - added] != 1 {
                offset += index * view.strides[axis - added]
            }
            rest = quotient
        }
        return offset
    }

    /// The distance of neighbouring rows when the rows of all products are equally spaced.
    private func rowStride(of a: TensorView) -> Int? {
        guard left.leading == leading else { return nil }
        var (stride, extent): (Int, Int) = (0, 1)
        for axis in (0..<(a.shape.rank - 1)).reversed() where a.shape[axis] != 1 {
            if extent == 1 {
                stride = a.strides[axis]
            } else if a.strides[axis] != stride * extent {
                return nil
            }
            extent *= a.shape[axis]
        }
        return stride
    }
}

extension braid_gemv_arguments {
    /// A product whose left factor is one row, or whose right factor is one column.
    fileprivate init(_ product: braid_gemm_arguments, isRow: Bool, _ right: TensorView) {
        self.init()
        k = product.k
        c = product.c
        if isRow {
            n = product.n
            (a, a_stride) = (product.a, product.a_column_stride)
            (b_row_stride, b_column_stride) = (product.b_row_stride, product.b_column_stride)
            b = product.b + Int(product.b_n_offset * b_column_stride) * right.dtype.size
        } else {
            n = product.m
            (a, a_stride) = (product.b, product.b_row_stride)
            (b, b_row_stride) = (product.a, product.a_column_stride)
            b_column_stride = product.a_row_stride
        }
    }
}
