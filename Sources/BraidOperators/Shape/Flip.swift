public import BraidCore

/// An array with the order of elements along some axes reversed.
public struct Flip: Operator {
    /// The name in files.
    public static let name = "flip"
    /// One operand.
    public static let arity: Int? = 1

    /// The axes to reverse, each in `-rank..<rank`.
    public let axes: [Int]

    package init(axes: [Int]) { self.axes = axes }

    /// The operand's type.
    /// - Throws: `ArrayError` for an axis out of range or named twice.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        _ = try ReducedAxes(axes, of: inputs[0].shape, in: Self.name)
        return inputs[0]
    }

    /// Copies, walking backward.
    public func evaluate(_ context: borrowing KernelContext) {
        let (input, output) = (context.inputs[0], context.outputs[0])
        if output.type.count == 0 { return }
        var layout = input.layout
        for axis in ReducedAxes(resolved: axes, of: input.shape).axes {
            layout.offset += (input.shape[axis] - 1) * layout.strides[axis]
            layout.strides[axis] = -layout.strides[axis]
        }
        context.copy(from: input.viewed(layout), to: output)
    }

    /// Nothing but types.
    public var gradientNeeds: GradientNeeds { [] }

    /// The cotangent reversed.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        [Symbol.apply(self, context.cotangent)]
    }
}

extension Operand {
    /// This array with the order of elements along `axes` reversed, along all of them when none is
    /// named.
    /// - Precondition: every axis is in `-rank..<rank` and named once.
    public func flipped(_ axes: Int...) -> Self {
        Self.apply(Flip(axes: axes.isEmpty ? Array(0..<rank) : axes), self)
    }

    /// This array with its elements moved by `shift` places along `axis`; those that leave one end come
    /// back at the other: `[1, 2, 3]` by 1 is `[3, 1, 2]`.
    /// - Precondition: `axis` is in `-rank..<rank`.
    public func rolled(by shift: Int, axis: Int) -> Self {
        guard let axis = shape.resolved(axis: axis) else {
            return refused(
                .invalidAxis, in: "rolled", "axis \(axis) is out of range for shape \(shape)"
            )
        }
        let extent = shape[axis]
        if extent == 0 || shift % extent == 0 { return self }
        let first = (extent - shift % extent) % extent  // of the elements, the one that comes first
        return concatenated(
            [part(first..<extent, of: axis), part(0..<first, of: axis)], axis: axis)
    }

    /// The elements of a range along an axis, counted from the front.
    func part(_ range: Range<Int>, of axis: Int) -> Self {
        let axes = shape.extents.enumerated().map { other, extent in
            StridedSlice.Axis(
                start: other == axis ? range.lowerBound : 0,
                count: other == axis ? range.count : extent, step: 1, isDropped: false)
        }
        return Self.apply(StridedSlice(axes: axes), self)
    }
}
