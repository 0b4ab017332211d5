public import BraidCore
import CBraidKernels

/// Solutions of `A X = B` with triangular matrices.
public struct TriangularSolve: Operator {
    /// The name in files.
    public static let name = "triangular_solve"
    /// Takes dense operands.
    public static let traits: OperatorTraits = .denseInputs
    /// Matrices and right-hand sides.
    public static let arity: Int? = 2

    /// Whether the lower triangles are read; else the upper ones.
    public let isLower: Bool
    /// Whether diagonals are taken for ones and not read.
    public let hasUnitDiagonal: Bool

    package init(isLower: Bool, hasUnitDiagonal: Bool = false) {
        self.isLower = isLower
        self.hasUnitDiagonal = hasUnitDiagonal
    }

    /// The right-hand sides' type.
    /// - Throws: `ArrayError` for other dtypes than f32 and f64, matrices that are not square, and
    ///   operands that do not fit.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        try requireSystem(inputs[0], inputs[1])
        return inputs[1]
    }

    /// A right-hand side in f64 per piece.
    public func scratchByteCount(for inputs: Span<TensorType>) -> Int {
        let batch = MatrixBatch(inputs[1].shape)
        return batch.scratch(saturatingProduct(batch.rows, batch.columns))
    }

    /// A product of the matrices.
    public func cost(for inputs: Span<TensorType>, output: TensorType) -> Int {
        saturatingProduct(output.count, MatrixBatch(output.shape).rows)
    }

    /// Substitutes, system by system.
    public func evaluate(_ context: borrowing KernelContext) {
        let output = context.outputs[0]
        if output.type.count == 0 { return }
        let (a, b, batch) = (context.dense(0), context.dense(1), MatrixBatch(output.shape))
        batch.run(context, scratch: batch.rows * batch.columns) { range, scratch in
            Kernels.table.pointee.triangular_solve(
                output.kernelType, a, b, output.address, Int64(batch.rows), Int64(batch.columns),
                isLower ? 1 : 0, hasUnitDiagonal ? 1 : 0, scratch, Int64(range.lowerBound),
                Int64(range.upperBound))
        }
    }

    /// Matrices and solutions.
    public var gradientNeeds: GradientNeeds { [.inputs, .outputs] }

    /// `dB = A⁻ᵀ dX`, and the triangle of `-dB Xᵀ`.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        let back = TriangularSolve(isLower: !isLower, hasUnitDiagonal: hasUnitDiagonal)
        let db = Symbol.apply(back, context.inputs[0].matrixTransposed(), context.cotangent)
        let full = -db.matmul(context.output.matrixTransposed())
        let first = hasUnitDiagonal ? 1 : 0
        return [
            isLower ? full.lowerTriangle(diagonal: -first) : full.upperTriangle(diagonal: first),
            db,
        ]
    }
}

/// Solutions of `A X = B`, by Gauss's elimination with the largest pivot of each column; infinite or NaN
/// where a matrix is singular.
public struct LinearSolve: Operator {
    /// The name in files.
    public static let name = "linear_solve"
    /// Takes dense operands.
    public static let traits: OperatorTraits = .denseInputs
    /// Matrices and right-hand sides.
    public static let arity: Int? = 2

    package init() {}

    /// The right-hand sides' type.
    /// - Throws: `ArrayError` for other dtypes than f32 and f64, matrices that are not square, and
    ///   operands that do not fit.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        try requireSystem(inputs[0], inputs[1])
        return inputs[1]
    }

    /// Doubles that a system takes.
    private func doubles(_ batch: MatrixBatch) -> Int {
        saturatingProduct(batch.rows, batch.rows + batch.columns)
    }

    /// A matrix and a right-hand side in f64 per piece.
    public func scratchByteCount(for inputs: Span<TensorType>) -> Int {
        let batch = MatrixBatch(inputs[1].shape)
        return batch.scratch(doubles(batch))
    }

    /// An elimination per system.
    public func cost(for inputs: Span<TensorType>, output: TensorType) -> Int {
        let batch = MatrixBatch(output.shape)
        return saturatingProduct(saturatingProduct(doubles(batch), batch.rows), batch.count)
    }

    /// Eliminates and substitutes, system by system.
    public func evaluate(_ context: borrowing KernelContext) {
        let output = context.outputs[0]
        if output.type.count == 0 { return }
        let (a, b, batch) = (context.dense(0), context.dense(1), MatrixBatch(output.shape))
        batch.run(context, scratch: doubles(batch)) { range, scratch in
            Kernels.table.pointee.solve(
                output.kernelType, a, b, output.address, Int64(batch.rows), Int64(batch.columns),
                scratch, Int64(range.lowerBound), Int64(range.upperBound))
        }
    }

    /// Matrices and solutions.
    public var gradientNeeds: GradientNeeds { [.inputs, .outputs] }

    /// `dB = A⁻ᵀ dX` and `-dB Xᵀ`.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        let db = Symbol.apply(self, context.inputs[0].matrixTransposed(), context.cotangent)
        return [-db.matmul(context.output.matrixTransposed()), db]
    }
}

/// The solutions `X` of `A X = B` with square matrices `a` `[…, n, n]` and right-hand sides `b`
/// `[…, n, columns]` or `[n]`, of f32 or f64; leading dimensions broadcast. Infinite or NaN where a matrix
/// is singular.
/// - Precondition: the matrices are square, and the shapes fit.
public func solve<T: Operand>(_ a: T, _ b: T) -> T { solved(LinearSolve(), a, b) }

/// The solutions `X` of `A X = B` with the lower or upper triangles of square matrices `a` `[…, n, n]`, whose
/// diagonal is taken for ones when `unitDiagonal`, and right-hand sides `b` `[…, n, columns]` or `[n]`, of f32
/// or f64; leading dimensions broadcast.
/// - Precondition: the matrices are square, and the shapes fit.
public func triangularSolve<T: Operand>(
    _ a: T, _ b: T, lower: Bool, unitDiagonal: Bool = false
) -> T {
    solved(TriangularSolve(isLower: lower, hasUnitDiagonal: unitDiagonal), a, b)
}

/// Applies an operator on systems to operands whose leading dimensions broadcast.
private func solved<T: Operand, O: Operator>(_ op: O, _ a: T, _ b: T) -> T {
    if b.rank == 1 {
        return solved(op, a, b.expandingDimension(at: 1)).squeezed(at: -1)
    }
    func leading(_ x: T) -> Shape { Shape(x.shape.extents.dropLast(2)) }
    guard a.rank >= 2, b.rank >= 2, let common = leading(a).broadcast(with: leading(b)) else {
        return T.apply(op, a, b)  // which says what does not fit
    }
    func spread(_ x: T) -> T {
        let shape = Shape(common.extents + x.shape.extents.suffix(2))
        return x.shape == shape ? x : x.broadcast(to: shape)
    }
    return T.apply(op, spread(a), spread(b))
}

extension Operand {
    /// The inverses of square matrices `[…, n, n]`, of f32 and f64. Where a product with an inverse is
    /// wanted, `solve` is more exact and takes less time.
    /// - Precondition: the matrices are square.
    public func inverse() -> Self {
        guard isSquare(for: "inverse") else { return self }
        return solve(self, .eye(shape[rank - 1], dtype: dtype))
    }
}
