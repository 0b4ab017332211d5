public import BraidCore

/// The same elements with the dimensions in another order.
public struct Transpose: Operator {
    /// The name in files.
    public static let name = "transpose"
    /// Always a view.
    public static let traits: OperatorTraits = .view
    /// One operand.
    public static let arity: Int? = 1

    /// Which axis of the operand each axis of the result is, in `-rank..<rank`; nil reverses all.
    public let axes: [Int]?

    package init(_ axes: [Int]? = nil) { self.axes = axes }

    /// The operand's dtype and its extents in the new order.
    /// - Throws: `ArrayError` when the axes are no permutation.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        let input = inputs[0]
        if let axes {
            try require(
                axes.count == input.rank, .invalidAxis,
                "\(axes.count) axes \(axes) do not order the dimensions of shape \(input.shape)")
            var seen: UInt8 = 0
            for axis in axes {
                let bit: UInt8 = 1 << (try resolve(axis: axis, of: input.shape))
                try require(seen & bit == 0, .invalidAxis, "axis \(axis) is named twice in \(axes)")
                seen |= bit
            }
        }
        var shape = Shape()
        for axis in 0..<input.rank { shape.append(input.shape[source(of: axis, input.rank)]) }
        return TensorType(input.dtype, shape)
    }

    private func source(of axis: Int, _ rank: Int) -> Int {
        guard let axes else { return rank - 1 - axis }
        return axes[axis] < 0 ? axes[axis] + rank : axes[axis]
    }

    /// The strides in the new order.
    public func view(of input: Layout) -> Layout? {
        var result = Layout(shape: Shape(), strides: Strides(), offset: input.offset)
        for axis in 0..<input.shape.rank {
            let source = source(of: axis, input.shape.rank)
            result.shape.append(input.shape[source])
            result.strides[axis] = input.strides[source]
        }
        return result
    }

    /// Copies.
    public func evaluate(_ context: borrowing KernelContext) {
        let input = context.inputs[0]
        guard let layout = view(of: input.layout) else { return }  // there always is one
        context.copy(from: input.viewed(layout), to: context.outputs[0])
    }

    /// Nothing but types.
    public var gradientNeeds: GradientNeeds { [] }

    /// The cotangent in the operand's order.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        guard axes != nil else { return [context.cotangent.transposed()] }
        let rank = context.inputs[0].rank
        var back = [Int](repeating: 0, count: rank)
        for axis in 0..<rank { back[source(of: axis, rank)] = axis }
        return [context.cotangent.transposed(axes: back)]
    }
}

extension Operand {
    /// The dimensions in reverse order, a view: the transpose of a matrix.
    public func transposed() -> Self { Self.apply(Transpose(), self) }

    /// The dimensions in the order that `axes` names, a view: `[0, 2, 3, 1]` makes
    /// `[batch, channels, height, width]` to `[batch, height, width, channels]`.
    /// - Precondition: `axes` names every axis once, each in `-rank..<rank`.
    public func transposed(axes: [Int]) -> Self { Self.apply(Transpose(axes), self) }
}
