public import BraidCore

/// An array repeated along new dimensions and along those of extent 1, by NumPy's rule.
public struct Broadcast: Operator {
    /// The name in files.
    public static let name = "broadcast"
    /// Always a view: repeated dimensions have stride 0.
    public static let traits: OperatorTraits = .view
    /// One operand.
    public static let arity: Int? = 1

    /// The new extents.
    public let shape: Shape

    package init(to shape: Shape) { self.shape = shape }

    /// The operand's dtype and the new shape.
    /// - Throws: `ArrayError` when the operand does not stretch to it.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        let input = inputs[0]
        try require(
            input.shape.broadcast(with: shape) == shape, .shapeMismatch,
            "shape \(input.shape) does not stretch to \(shape); aligned at the end, extents must be "
                + "equal or 1")
        return TensorType(input.dtype, shape)
    }

    /// Strides of 0 where elements repeat.
    public func view(of input: Layout) -> Layout? {
        var result = Layout(shape: shape, strides: Strides(), offset: input.offset)
        let added = shape.rank - input.shape.rank
        for axis in 0..<input.shape.rank where input.shape[axis] == shape[axis + added] {
            result.strides[axis + added] = input.strides[axis]
        }
        return result
    }

    /// Copies.
    public func evaluate(_ context: borrowing KernelContext) {
        context.copy(from: context.inputs[0], to: context.outputs[0])
    }

    /// Nothing but types.
    public var gradientNeeds: GradientNeeds { [] }

    /// The cotangent summed over repetitions.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        [context.cotangent.reduced(to: context.inputs[0].shape)]
    }
}

extension Operand {
    /// This array repeated along new dimensions and along those of extent 1, a view.
    /// - Precondition: aligned at the end, extents are equal to those of `shape` or 1.
    public func broadcast(to shape: Shape) -> Self { Self.apply(Broadcast(to: shape), self) }
}
