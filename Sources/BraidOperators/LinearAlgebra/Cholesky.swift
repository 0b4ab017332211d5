public import BraidCore
import CBraidKernels

/// Lower triangular factors `L` of positive definite matrices, `A = L Lᵀ`, by their lower triangles; NaN
/// where a matrix is not positive definite.
public struct Cholesky: Operator {
    /// The name in files.
    public static let name = "cholesky"
    /// Takes a dense operand.
    public static let traits: OperatorTraits = .denseInputs
    /// The matrices.
    public static let arity: Int? = 1

    package init() {}

    /// The operand's type.
    /// - Throws: `ArrayError` for other dtypes than f32 and f64, and for what is not square.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        try requireSquare(inputs[0])
        return inputs[0]
    }

    /// A matrix in f64 per piece.
    public func scratchByteCount(for inputs: Span<TensorType>) -> Int {
        let batch = MatrixBatch(inputs[0].shape)
        return batch.scratch(saturatingProduct(batch.rows, batch.rows))
    }

    /// A third of the cube of the rows per matrix.
    public func cost(for inputs: Span<TensorType>, output: TensorType) -> Int {
        saturatingProduct(MatrixBatch(output.shape).costEach, MatrixBatch(output.shape).count)
    }

    /// Factorises matrix by matrix.
    public func evaluate(_ context: borrowing KernelContext) {
        let output = context.outputs[0]
        if output.type.count == 0 { return }
        let (a, batch) = (context.dense(0), MatrixBatch(output.shape))
        batch.run(context, scratch: batch.rows * batch.rows) { range, scratch in
            Kernels.table.pointee.cholesky(
                output.kernelType, a, output.address, Int64(batch.rows), scratch,
                Int64(range.lowerBound), Int64(range.upperBound))
        }
    }

    /// The factors.
    public var gradientNeeds: GradientNeeds { .outputs }

    /// `L⁻ᵀ Φ L⁻¹` with the symmetric part Φ of the lower triangle of `Lᵀ dL` (Murray, Differentiation of
    /// the Cholesky decomposition, 2016), folded into the lower triangle, which alone is read.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        let l = context.output
        let inner =
            l.matrixTransposed().matmul(context.cotangent).lowerTriangle()
            * (1 - l.identity * 0.5)
        let symmetric = (inner + inner.matrixTransposed()) * 0.5
        func dividedByTransposed(_ x: Symbol) -> Symbol {
            .apply(TriangularSolve(isLower: false), l.matrixTransposed(), x)
        }
        let full = dividedByTransposed(dividedByTransposed(symmetric).matrixTransposed())
        return [full.lowerTriangle() * (2 - l.identity)]
    }
}

extension Operand {
    /// The lower triangular factors `L` of positive definite matrices `[…, n, n]`, `A = L Lᵀ`, of f32 and
    /// f64. The symmetric part of each matrix is factorised; where that is not positive definite the
    /// factor has NaN.
    /// - Precondition: the matrices are square.
    public func cholesky() -> Self {
        // Before the sum below, which would call the mistake its own.
        guard isSquare(for: "cholesky") else { return self }
        return Self.apply(Cholesky(), (self + matrixTransposed()) * 0.5)
    }
}
