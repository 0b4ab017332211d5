public import BraidCore
import CBraidKernels

/// The softmax of each row of matrices `[…, rows, columns]` up to the diagonal, with zeros behind it: what
/// row i gives columns 0 to i.
public struct CausalSoftmax: Operator {
    /// The name in files.
    public static let name = "causal_softmax"
    /// Takes a dense operand, in place.
    public static let traits: OperatorTraits = [.denseInputs, .mayReuseFirstInput]
    /// One operand.
    public static let arity: Int? = 1

    package init() {}

    /// The operand's type.
    /// - Throws: `ArrayError` for other dtypes than f32 and f64 and for ranks below 2.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        try requireFloating(inputs[0])
        try require(
            inputs[0].rank >= 2, .shapeMismatch,
            "takes matrices […, rows, columns], not shape \(inputs[0].shape)")
        return inputs[0]
    }

    /// About that of an exponential per element below the diagonal.
    public func cost(for inputs: Span<TensorType>, output: TensorType) -> Int {
        saturatingProduct(SoftmaxRows.costPerElement / 2, output.count)
    }

    /// Normalises the first elements of each row, row by row.
    public func evaluate(_ context: borrowing KernelContext) {
        let (x, y) = (context.dense(0), context.outputs[0])
        if y.type.count == 0 { return }
        let (rows, columns) = (y.shape[y.shape.rank - 2], y.shape[y.shape.rank - 1])
        let size = y.dtype.size
        let pieces = Pieces(
            y.type.count / columns, cost: SoftmaxRows.costPerElement * columns / 2)
        context.parallelFor(pieces.count) { piece in
            for row in pieces[piece] {
                let (start, length) = (row * columns * size, min(row % rows + 1, columns))
                let target = y.address + start
                Kernels.table.pointee.softmax(
                    BRAID_SOFTMAX, y.kernelType, x + start, target, 1, Int64(length), 1, 0, 1)
                (target + length * size).initializeMemory(
                    as: UInt8.self, repeating: 0, count: (columns - length) * size)
            }
        }
    }

    /// The result.
    public var gradientNeeds: GradientNeeds { .outputs }

    /// `y (dy - Σ dy y)`, as of a whole row: what y lacks behind the diagonal it lacks in the gradient.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        let (y, dy) = (context.output, context.cotangent)
        return [y * (dy - (dy * y).sum(over: -1, keepingDimensions: true))]
    }
}

extension Operand {
    /// The softmax of each row of matrices `[…, rows, columns]` up to the diagonal, with zeros behind it,
    /// of f32 or f64.
    /// - Precondition: the rank is at least 2.
    public func causalSoftmax() -> Self { Self.apply(CausalSoftmax(), self) }
}
