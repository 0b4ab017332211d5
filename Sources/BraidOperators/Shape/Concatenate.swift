public import BraidCore

/// Arrays joined along one axis.
public struct Concatenate: Operator {
    /// The name in files.
    public static let name = "concatenate"
    /// One operand or more.
    public static let arity: Int? = nil

    /// The axis, in `-rank..<rank`.
    public let axis: Int

    package init(axis: Int) { self.axis = axis }

    /// The operands' dtype and shape, their extents along the axis added.
    /// - Throws: `ArrayError` for no operand, different dtypes, and extents that differ elsewhere.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        try require(inputs.count > 0, .shapeMismatch, "takes at least one array")
        let first = inputs[0]
        let axis = try resolve(axis: self.axis, of: first.shape)
        var extent = 0
        for index in 0..<inputs.count {
            let input = inputs[index]
            try requireSameType(first, input)
            try require(
                input.rank == first.rank
                    && input.shape.replacing(axis, with: 1) == first.shape.replacing(axis, with: 1),
                .shapeMismatch,
                "shapes \(first.shape) and \(input.shape) differ in another axis than \(axis)")
            extent += input.shape[axis]
        }
        var extents = first.shape.extents
        extents[axis] = extent
        return TensorType(first.dtype, try shape(extents))
    }

    /// Copies each operand to its place.
    public func evaluate(_ context: borrowing KernelContext) {
        let output = context.outputs[0]
        guard let axis = output.shape.resolved(axis: axis) else { return }
        var start = 0
        for input in context.inputs where input.shape[axis] > 0 {
            let place = Layout(
                shape: input.shape, strides: output.strides, offset: start * output.strides[axis])
            context.copy(from: input, to: output.viewed(place))
            start += input.shape[axis]
        }
    }

    /// Nothing but types.
    public var gradientNeeds: GradientNeeds { [] }

    /// Each operand's part of the cotangent.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        let dy = context.cotangent
        guard let axis = dy.shape.resolved(axis: axis) else { return [] }
        var start = 0
        return context.inputs.map { input in
            let axes = (0..<dy.rank).map { other in
                StridedSlice.Axis(
                    start: other == axis ? start : 0, count: input.shape[other], step: 1,
                    isDropped: false)
            }
            start += input.shape[axis]
            return Symbol.apply(StridedSlice(axes: axes), dy)
        }
    }
}

/// Arrays of one dtype joined along `axis`; all other extents are equal.
/// - Precondition: there is an array, and `axis` is in `-rank..<rank`.
public func concatenated<T: Operand>(_ arrays: [T], axis: Int = 0) -> T {
    T.apply(Concatenate(axis: axis), over: arrays)
}
