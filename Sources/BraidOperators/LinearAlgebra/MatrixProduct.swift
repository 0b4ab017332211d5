public import BraidCore
import CBraidKernels

/// Products of matrices: `[…, m, k]` times `[…, k, n]` is `[…, m, n]`.
///
/// The leading dimensions broadcast. A vector on the left counts as `[1, k]`, on the right as
/// `[k, 1]`, and the dimension of extent 1 is dropped from the result.
public struct MatrixProduct: Operator {
    /// The name in files.
    public static let name = "matmul"
    /// Two operands.
    public static let arity: Int? = 2

    package init() {}

    /// The operands' dtype; the leading dimensions that both broadcast to, then rows and columns.
    /// - Throws: `ArrayError` for other dtypes than f32 and f64, scalars, different inner extents, and
    ///   leading dimensions that do not broadcast.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        let (a, b) = (inputs[0], inputs[1])
        try requireFloating(a)
        try requireSameType(a, b)
        try require(
            a.rank > 0 && b.rank > 0, .shapeMismatch,
            "takes matrices or vectors, not shapes \(a.shape) and \(b.shape)")
        let (left, right) = (Factor(left: a.shape), Factor(right: b.shape))
        guard left.columns == right.rows else {
            throw ArrayError(
                .shapeMismatch, in: Self.name,
                "shapes \(a.shape) and \(b.shape) do not fit: the inner extents \(left.columns) and "
                    + "\(right.rows) must be equal")
        }
        guard let leading = left.leading.broadcast(with: right.leading) else {
            throw ArrayError(
                .shapeMismatch, in: Self.name,
                "the leading dimensions \(left.leading) and \(right.leading) of shapes \(a.shape) and "
                    + "\(b.shape) do not broadcast")
        }
        guard let rows = a.rank > 1 ? leading.appending(left.rows) : leading,
            let shape = b.rank > 1 ? rows.appending(right.columns) : rows
        else {
            throw ArrayError(
                .shapeMismatch, in: Self.name,
                "the product of shapes \(a.shape) and \(b.shape) would have too many elements: "
                    + Shape.rule)
        }
        return TensorType(a.dtype, shape)
    }

    /// `2 m n k` for each product.
    public func cost(for inputs: Span<TensorType>, output: TensorType) -> Int {
        let inner = inputs[0].rank == 0 ? 1 : inputs[0].shape[inputs[0].rank - 1]
        return saturatingProduct(2 * output.count, inner)
    }

    /// Packing space for each piece.
    public func scratchByteCount(for inputs: Span<TensorType>) -> Int {
        ProductPlan(inputs[0], inputs[1]).scratchByteCount
    }

    /// Multiplies in pieces of rows, columns and products; the inner dimension is never cut.
    public func evaluate(_ context: borrowing KernelContext) {
        let (a, b, c) = (context.inputs[0], context.inputs[1], context.outputs[0])
        let plan = ProductPlan(a.type, b.type)
        context.parallelFor(plan.grid.count) { piece in
            plan.run(piece, a, b, c, scratch: context.scratch)
        }
    }

    /// Both operands' values.
    public var gradientNeeds: GradientNeeds { .inputs }

    /// `dA = dC Bᵀ` and `dB = Aᵀ dC`, summed over broadcast dimensions.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        let (x, y) = (context.inputs[0], context.inputs[1])
        let (left, right) = (Factor(left: x.shape), Factor(right: y.shape))
        let a = x.rank == 1 ? x.reshaped(to: [1, left.columns]) : x
        let b = y.rank == 1 ? y.reshaped(to: [right.rows, 1]) : y
        let leading = left.leading.broadcast(with: right.leading) ?? left.leading
        let dc = context.cotangent.reshaped(to: leading.extents + [left.rows, right.columns])
        let da = dc.matmul(b.swappingMatrixAxes()).reduced(to: a.shape)
        let db: Symbol
        if b.rank == 2 {
            // One product over all leading dimensions instead of their sum.
            let flat = a.reshaped(to: [leading.elementCount * left.rows, left.columns])
            let slopes = dc.reshaped(to: [flat.shape[0], right.columns])
            // What flows on through a transpose should lie dense: the transpose of the other form.
            db =
                y.isTransposedMatrix
                ? slopes.transposed().matmul(flat).transposed() : flat.transposed().matmul(slopes)
        } else {
            db = a.swappingMatrixAxes().matmul(dc).reduced(to: b.shape)
        }
        return [da.reshaped(to: x.shape.extents), db.reshaped(to: y.shape.extents)]
    }
}

extension Symbol {
    /// Whether this is a matrix that a `transposed()` made, as the weights of dense layers are.
    fileprivate var isTransposedMatrix: Bool {
        guard rank == 2, case .operation(let op) = node.kind, let transpose = op as? Transpose
        else {
            return false
        }
        return transpose.axes.map { $0[0] % 2 != 0 } ?? true
    }
}

/// An operand's shape as matrices behind leading dimensions.
private struct Factor {
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
private struct ProductPlan {
    let left: Factor
    let right: Factor
    let leading: Shape
    /// Rows of one product; those of all products together when they share the right factor.
    let rows: Int
    let grid: ProductGrid
    private let isShared: Bool

    init(_ a: TensorType, _ b: TensorType) {
        left = Factor(left: a.shape)
        right = Factor(right: b.shape)
        leading = left.leading.broadcast(with: right.leading) ?? left.leading
        isShared = right.leading.elementCount == 1 && leading.elementCount > 1
        rows = isShared ? left.rows * leading.elementCount : left.rows
        grid = ProductGrid(
            products: isShared ? 1 : leading.elementCount, rows: rows, columns: right.columns,
            inner: left.columns, a.dtype)
    }

    /// Whether every product is a row times a matrix or a matrix times a column, which is read once and
    /// not packed. Decided by the shapes, because its sums are in another order.
    private var isVectorProduct: Bool { rows == 1 || right.columns == 1 }

    var scratchByteCount: Int { isVectorProduct ? 0 : grid.count * grid.scratchByteCount }

    func run(
        _ piece: Int, _ a: TensorView, _ b: TensorView, _ c: TensorView,
        scratch: UnsafeMutableRawPointer?
    ) {
        let part = grid[piece]
        let scratch = scratch.map { $0 + piece * grid.scratchByteCount }
        var arguments = braid_gemm_arguments()
        arguments.k = Int64(left.columns)
        arguments.a_column_stride = Int64(a.strides[a.shape.rank - 1])
        arguments.a_row_stride = a.shape.rank > 1 ? Int64(a.strides[a.shape.rank - 2]) : 0
        arguments.b_layout = BRAID_B_STRIDED
        arguments.b_row_stride = Int64(b.strides[max(b.shape.rank - 2, 0)])
        arguments.b_column_stride = b.shape.rank > 1 ? Int64(b.strides[b.shape.rank - 1]) : 0
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
            arguments.c = c.element(firstRowOfC * right.columns + part.columns.lowerBound)
            if isVectorProduct {
                var vector = braid_gemv_arguments(arguments, isRow: self.rows == 1, b)
                Kernels.table.pointee.gemv(a.kernelType, &vector)
            } else {
                Kernels.table.pointee.gemm(a.kernelType, &arguments, scratch)
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

extension Operand {
    /// Each matrix transposed.
    fileprivate func swappingMatrixAxes() -> Self {
        if rank == 2 { return transposed() }
        return transposed(axes: Array(0..<(rank - 2)) + [rank - 1, rank - 2])
    }

    /// The matrix product, of f32 or f64: `[…, m, k]` times `[…, k, n]` is `[…, m, n]`.
    ///
    /// Leading dimensions broadcast; vectors count as `[1, k]` on the left and `[k, 1]` on the right
    /// and drop that dimension, so that two vectors give their inner product. Transposed operands are
    /// read in place. The gradients are `dC Bᵀ` and `Aᵀ dC`.
    ///
    /// ```swift
    /// let y = x.matmul(weight.transposed())   // [batch, inputs] and [units, inputs]
    /// ```
    /// - Precondition: the inner extents are equal, and the leading dimensions broadcast.
    /// - Complexity: O(*m n k*) for each product.
    public func matmul(_ other: Self) -> Self { Self.apply(MatrixProduct(), self, other) }
}
