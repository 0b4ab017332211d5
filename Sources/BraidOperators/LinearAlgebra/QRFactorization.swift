public import BraidCore
import CBraidKernels

/// Orthonormal columns `Q` and upper triangular `R` with `A = Q R` of matrices with at least as many rows as
/// columns, by Householder's reflections. R's diagonal is not negative, which makes the factors unique
/// where the columns are independent.
public struct QRFactorization: Operator {
    /// The name in files.
    public static let name = "qr"
    /// Takes a dense operand.
    public static let traits: OperatorTraits = .denseInputs
    /// The matrices.
    public static let arity: Int? = 1

    package init() {}

    /// The first factors' type.
    /// - Throws: `ArrayError` as `outputs(for:)`.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        try outputs(for: inputs)[0]
    }

    /// The operand's type, and that of square matrices of its columns.
    /// - Throws: `ArrayError` for other dtypes than f32 and f64, and for fewer rows than columns.
    public func outputs(for inputs: Span<TensorType>) throws(ArrayError) -> [TensorType] {
        let a = inputs[0]
        try requireMatrices(a)
        let (rows, columns) = (a.shape[a.rank - 2], a.shape[a.rank - 1])
        try require(
            rows >= columns, .shapeMismatch,
            "takes matrices with at least as many rows as columns, not shape \(a.shape)")
        return [a, TensorType(a.dtype, a.shape.replacing(a.rank - 2, with: columns))]
    }

    /// Doubles that a matrix takes.
    private func doubles(_ batch: MatrixBatch) -> Int {
        saturatingProduct(2, saturatingProduct(batch.rows + 1, batch.columns))
    }

    /// Two matrices and two rows in f64 per piece.
    public func scratchByteCount(for inputs: Span<TensorType>) -> Int {
        let batch = MatrixBatch(inputs[0].shape)
        return batch.scratch(doubles(batch))
    }

    /// Reflections of all columns by each.
    public func cost(for inputs: Span<TensorType>, output: TensorType) -> Int {
        saturatingProduct(MatrixBatch(output.shape).columns, saturatingProduct(4, output.count))
    }

    /// Factorises matrix by matrix.
    public func evaluate(_ context: borrowing KernelContext) {
        let (q, r) = (context.outputs[0], context.outputs[1])
        if q.type.count == 0 { return }
        let (a, batch) = (context.dense(0), MatrixBatch(q.shape))
        batch.run(context, scratch: doubles(batch)) { range, scratch in
            Kernels.table.pointee.qr(
                q.kernelType, a, q.address, r.address, Int64(batch.rows), Int64(batch.columns),
                scratch, Int64(range.lowerBound), Int64(range.upperBound))
        }
    }

    /// The factors.
    public var gradientNeeds: GradientNeeds { .outputs }

    /// `(dQ + Q S) R⁻ᵀ` with the symmetric matrix S whose lower triangle is that of `R dRᵀ - dQᵀ Q`
    /// (Walter and Lehmann, Algorithmic differentiation of linear algebra functions, 2018).
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        let (q, r) = (context.outputs[0], context.outputs[1])
        var inner = Symbol.zeros(r.shape, dtype: r.dtype)
        if let dr = context.cotangents[1] { inner = r.matmul(dr.matrixTransposed()) }
        if let dq = context.cotangents[0] { inner = inner - dq.matrixTransposed().matmul(q) }
        let symmetric =
            inner.lowerTriangle() + inner.lowerTriangle(diagonal: -1).matrixTransposed()
        var flowing = q.matmul(symmetric)
        if let dq = context.cotangents[0] { flowing = flowing + dq }
        let back = TriangularSolve(isLower: false)
        return [Symbol.apply(back, r, flowing.matrixTransposed()).matrixTransposed()]
    }
}

extension Operand {
    /// Factors of matrices `[…, rows, columns]` with `A = Q R`, of f32 and f64: with n the smaller of rows
    /// and columns, orthonormal columns `Q` `[…, rows, n]` and upper triangular `R` `[…, n, columns]`,
    /// whose diagonal is not negative. Gradients need independent columns (of wide matrices, the first
    /// ones).
    /// - Precondition: the rank is at least 2.
    public func qr() -> (q: Self, r: Self) {
        guard isMatrices("qr") else { return (self, self) }
        let (rows, columns) = (shape[rank - 2], shape[rank - 1])
        let square = rows < columns ? part(0..<rows, of: rank - 1) : self
        let factors = Self.applyAll(QRFactorization(), to: [square])
        guard factors.count == 2 else { return (self, self) }  // after a report
        if rows >= columns { return (factors[0], factors[1]) }
        let rest = part(rows..<columns, of: rank - 1)
        let (q, r) = (factors[0], factors[1])
        return (q, concatenated([r, q.matrixTransposed().matmul(rest)], axis: -1))
    }
}
