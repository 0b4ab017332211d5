public import BraidCore

/// The same elements, through which no gradient flows.
public struct StopGradient: Operator {
    /// The name in files.
    public static let name = "stop_gradient"
    /// A view that the reverse pass does not go through.
    public static let traits: OperatorTraits = [.view, .notDifferentiable]
    /// One operand.
    public static let arity: Int? = 1

    package init() {}

    /// The operand's type.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType { inputs[0] }
    /// The operand's layout.
    public func view(of input: Layout) -> Layout? { input }
    /// Copies.
    public func evaluate(_ context: borrowing KernelContext) {
        context.copy(from: context.inputs[0], to: context.outputs[0])
    }
}
