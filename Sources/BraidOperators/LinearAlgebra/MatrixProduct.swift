public import BraidCore

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
        let (left, right) = (MatrixFactor(left: a.shape), MatrixFactor(right: b.shape))
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
        ProductPlan(a.type, b.type).run(a, b, c, context)
    }

    /// Both operands' values.
    public var gradientNeeds: GradientNeeds { .inputs }

    /// `dA = dC Bᵀ` and `dB = Aᵀ dC`, summed over broadcast dimensions.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        let (x, y) = (context.inputs[0], context.inputs[1])
        let (left, right) = (MatrixFactor(left: x.shape), MatrixFactor(right: y.shape))
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
