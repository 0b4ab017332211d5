public import BraidCore
import CBraidKernels

/// Determinants of square matrices, by Gauss's elimination.
public struct Determinant: Operator {
    /// The name in files.
    public static let name = "determinant"
    /// Takes a dense operand.
    public static let traits: OperatorTraits = .denseInputs
    /// The matrices.
    public static let arity: Int? = 1

    package init() {}

    /// The operand's dtype and its shape without the matrices' dimensions.
    /// - Throws: `ArrayError` for other dtypes than f32 and f64, and for what is not square.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        try requireSquare(inputs[0])
        return TensorType(inputs[0].dtype, Shape(inputs[0].shape.extents.dropLast(2)))
    }

    /// A matrix in f64 per piece.
    public func scratchByteCount(for inputs: Span<TensorType>) -> Int {
        let batch = MatrixBatch(inputs[0].shape)
        return batch.scratch(saturatingProduct(batch.rows, batch.rows))
    }

    /// An elimination per matrix.
    public func cost(for inputs: Span<TensorType>, output: TensorType) -> Int {
        saturatingProduct(MatrixBatch(inputs[0].shape).costEach, output.count)
    }

    /// Eliminates matrix by matrix.
    public func evaluate(_ context: borrowing KernelContext) {
        let output = context.outputs[0]
        if output.type.count == 0 { return }
        let (a, batch) = (context.dense(0), MatrixBatch(context.inputs[0].shape))
        batch.run(context, scratch: batch.rows * batch.rows) { range, scratch in
            Kernels.table.pointee.determinant(
                output.kernelType, a, output.address, Int64(batch.rows), scratch,
                Int64(range.lowerBound), Int64(range.upperBound))
        }
    }

    /// Matrices and determinants.
    public var gradientNeeds: GradientNeeds { [.inputs, .outputs] }

    /// `dy det(A) A⁻ᵀ`: NaN where a matrix is singular.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        let factors = context.cotangent * context.output
        let spread = factors.reshaped(to: factors.shape.extents + [1, 1])
        return [context.inputs[0].matrixTransposed().inverse() * spread]
    }
}

extension Operand {
    /// The determinants of square matrices `[…, n, n]`, shape `[…]`, of f32 and f64. The gradient is NaN
    /// where a matrix is singular.
    /// - Precondition: the matrices are square.
    public func determinant() -> Self { Self.apply(Determinant(), self) }
}
