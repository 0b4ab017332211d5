/// What operators apply to: `NDArray` (runs now) and `Symbol` (builds a graph). User-facing
/// functions are extensions of this protocol and so are written once.
///
/// Arities are fixed because building an array of operands costs more than a small operator.
public protocol Operand: Sendable {
    /// Dtype and shape.
    var type: TensorType { get }

    /// Applies an operator without inputs.
    static func apply<O: Operator>(_ op: O) -> Self
    /// Applies an operator with one input and one output.
    static func apply<O: Operator>(_ op: O, _ a: Self) -> Self
    /// Applies an operator with two inputs and one output.
    static func apply<O: Operator>(_ op: O, _ a: Self, _ b: Self) -> Self
    /// Applies an operator with three inputs and one output.
    static func apply<O: Operator>(_ op: O, _ a: Self, _ b: Self, _ c: Self) -> Self
    /// Applies an operator with any number of inputs and one output.
    static func apply<O: Operator>(_ op: O, over inputs: [Self]) -> Self
    /// Applies an operator with any number of inputs and several outputs.
    static func applyAll<O: Operator>(_ op: O, to inputs: [Self]) -> [Self]
    /// A fresh key for a random operator: i64 [2], drawn on the calling thread.
    static func randomKey() -> Self
}

extension Operand {
    /// The extents.
    public var shape: Shape { type.shape }
    /// The element type.
    public var dtype: DType { type.dtype }
    /// The number of dimensions.
    public var rank: Int { type.shape.rank }
    /// The number of elements.
    public var count: Int { type.shape.elementCount }
}
