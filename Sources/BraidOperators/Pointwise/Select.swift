public import BraidCore
package import CBraidKernels

/// One of two operands, element by element, by a truth value; shapes broadcast.
public struct Select: PointwiseOperator {
    /// The name in files.
    public static let name = "select"
    /// Pointwise.
    public static let traits: OperatorTraits = .pointwise
    /// Condition and two operands.
    public static let arity: Int? = 3

    package init() {}

    /// The operands' dtype and the shape that all three broadcast to.
    /// - Throws: `ArrayError` for a condition that is not bool, unequal dtypes, and shapes that do
    ///   not broadcast.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        try require(inputs[0], "a bool condition") { $0 == .bool }
        try requireSameType(inputs[1], inputs[2])
        let values = TensorType(inputs[1].dtype, try broadcast(inputs[1], inputs[2]))
        return TensorType(values.dtype, try broadcast(inputs[0], values))
    }

    package func instruction(for inputs: UnsafeBufferPointer<TensorView>) -> braid_instruction {
        braid_instruction(BRAID_SELECT, inputs[1].dtype)
    }

    /// Runs the tile program.
    public func evaluate(_ context: borrowing KernelContext) { run(context) }

    /// The condition's value.
    public var gradientNeeds: GradientNeeds { .inputs }

    /// The cotangent goes to the operand that was chosen.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        let dy = context.cotangent
        let zero = Symbol.full([], 0, dtype: dy.dtype)
        let condition = context.inputs[0]
        return [
            nil,
            BraidOperators.select(condition, dy, zero).reduced(to: context.inputs[1].shape),
            BraidOperators.select(condition, zero, dy).reduced(to: context.inputs[2].shape),
        ]
    }
}

/// `a` where `condition` is true, `b` elsewhere; all three broadcast.
public func select<T: Operand>(_ condition: T, _ a: T, _ b: T) -> T {
    T.apply(Select(), condition, a, b)
}
