public import BraidCore

/// A part of an array: along each axis one element, or equally spaced ones.
public struct StridedSlice: Operator {
    /// The name in files.
    public static let name = "slice"
    /// Always a view.
    public static let traits: OperatorTraits = .view
    /// One operand.
    public static let arity: Int? = 1

    /// What is taken along one axis.
    public struct Axis: Hashable, Codable, Sendable {
        /// The first index.
        public let start: Int
        /// The number of indices.
        public let count: Int
        /// From one index to the next, at least 1.
        public let step: Int
        /// Whether the axis, of which one index is taken, is dropped.
        public let isDropped: Bool

        package init(start: Int, count: Int, step: Int, isDropped: Bool) {
            self.start = start
            self.count = count
            self.step = step
            self.isDropped = isDropped
        }

        /// Whether all indices lie within an extent.
        fileprivate func fits(_ extent: Int) -> Bool {
            guard start >= 0, count >= 0, step > 0, start <= extent else { return false }
            if count == 0 { return !isDropped }
            return start < extent && (count - 1) <= (extent - 1 - start) / step
                && (!isDropped || count == 1)
        }
    }

    /// What is taken along each axis of the operand.
    public let axes: [Axis]

    /// The part of an array of shape `shape` that `indices` select, the first along axis 0; axes
    /// without an index are taken whole.
    /// - Throws: `ArrayError` for more indices than axes, and for an index or range outside its axis.
    public init(_ indices: [any ArrayIndex], of shape: Shape) throws(ArrayError) {
        guard indices.count <= shape.rank else {
            throw ArrayError(
                .invalidIndex, in: Self.name,
                "\(indices.count) indices for shape \(shape), which has \(shape.rank) axes")
        }
        var axes: [Axis] = []
        axes.reserveCapacity(shape.rank)
        for axis in 0..<shape.rank {
            let extent = shape[axis]
            if axis >= indices.count {
                axes.append(Axis(start: 0, count: extent, step: 1, isDropped: false))
                continue
            }
            switch indices[axis].axisSelection {
            case .index(let index):
                guard index >= 0, index < extent else {
                    throw ArrayError(
                        .invalidIndex, in: Self.name,
                        "index \(index) is out of range for axis \(axis) of shape \(shape); "
                            + "expected 0..<\(extent)")
                }
                axes.append(Axis(start: index, count: 1, step: 1, isDropped: true))
            case .range(let from, let upTo, let step):
                let (lower, upper) = (from ?? 0, upTo ?? extent)
                guard lower >= 0, lower <= upper, upper <= extent else {
                    throw ArrayError(
                        .invalidIndex, in: Self.name,
                        "range \(lower)..<\(upper) is out of range for axis \(axis) of shape "
                            + "\(shape); expected a range within 0..<\(extent)")
                }
                guard step > 0 else {
                    throw ArrayError(
                        .invalidValue, in: Self.name,
                        "step \(step) for axis \(axis); expected at least 1")
                }
                let count = lower == upper ? 0 : (upper - 1 - lower) / step + 1
                axes.append(Axis(start: lower, count: count, step: step, isDropped: false))
            }
        }
        self.axes = axes
    }

    package init(axes: [Axis]) { self.axes = axes }

    /// The operand's dtype and the part's shape.
    /// - Throws: `ArrayError` when the part lies outside the operand.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        let input = inputs[0]
        try requireWithin(input.shape, axes)
        return TensorType(input.dtype, Layout(dense: input.shape).sliced(axes).shape)
    }

    /// The part's layout.
    public func view(of input: Layout) -> Layout? { input.sliced(axes) }

    /// Copies.
    public func evaluate(_ context: borrowing KernelContext) {
        let input = context.inputs[0]
        context.copy(from: input.viewed(input.layout.sliced(axes)), to: context.outputs[0])
    }

    /// Nothing but types.
    public var gradientNeeds: GradientNeeds { [] }

    /// The cotangent at the part's place among zeros.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        let scatter = StridedSliceGradient(axes: axes, shape: context.inputs[0].shape)
        return [Symbol.apply(scatter, context.cotangent)]
    }
}

/// The gradient of `StridedSlice`: an array at a part's place among zeros.
public struct StridedSliceGradient: Operator {
    /// The name in files.
    public static let name = "slice_gradient"
    /// One operand.
    public static let arity: Int? = 1

    /// Where the operand goes, along each axis of the result.
    public let axes: [StridedSlice.Axis]
    /// The result's extents.
    public let shape: Shape

    package init(axes: [StridedSlice.Axis], shape: Shape) {
        self.axes = axes
        self.shape = shape
    }

    /// The operand's dtype and the whole's shape.
    /// - Throws: `ArrayError` when the operand does not have the part's shape.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        try requireWithin(shape, axes)
        let part = Layout(dense: shape).sliced(axes).shape
        try require(
            inputs[0].shape == part, .shapeMismatch,
            "takes the part's shape \(part), not \(inputs[0].shape)")
        return TensorType(inputs[0].dtype, shape)
    }

    /// Clears, then copies.
    public func evaluate(_ context: borrowing KernelContext) {
        let output = context.outputs[0]
        output.clear()
        context.copy(
            from: context.inputs[0], to: output.viewed(output.layout.sliced(axes)))
    }

    /// Nothing but types.
    public var gradientNeeds: GradientNeeds { [] }

    /// The same part of the cotangent.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        [Symbol.apply(StridedSlice(axes: axes), context.cotangent)]
    }
}

/// An array in which a part is replaced by another array.
public struct StridedSliceUpdate: Operator {
    /// The name in files.
    public static let name = "slice_update"
    /// The whole, then the new part.
    public static let arity: Int? = 2

    /// Where the part stands, along each axis of the whole.
    public let axes: [StridedSlice.Axis]

    package init(_ slice: StridedSlice) { axes = slice.axes }

    /// The whole's type.
    /// - Throws: `ArrayError` when the second operand does not have the part's type.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        let whole = inputs[0]
        try requireWithin(whole.shape, axes)
        let part = TensorType(whole.dtype, Layout(dense: whole.shape).sliced(axes).shape)
        try require(
            inputs[1] == part, .shapeMismatch,
            "an array of type \(inputs[1]) does not fill a part of type \(part)")
        return whole
    }

    /// Copies the whole, then the part.
    public func evaluate(_ context: borrowing KernelContext) {
        let output = context.outputs[0]
        context.copy(from: context.inputs[0], to: output)
        context.copy(from: context.inputs[1], to: output.viewed(output.layout.sliced(axes)))
    }

    /// Nothing but types.
    public var gradientNeeds: GradientNeeds { [] }

    /// The cotangent without the part, and the part of the cotangent.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        let (dy, slice) = (context.cotangent, StridedSlice(axes: axes))
        let part = Symbol.zeros(context.inputs[1].shape, dtype: dy.dtype)
        return [Symbol.apply(self, dy, part), Symbol.apply(slice, dy)]
    }
}

extension Operator {
    fileprivate func requireWithin(
        _ shape: Shape, _ axes: [StridedSlice.Axis]
    ) throws(ArrayError) {
        try require(
            axes.count == shape.rank, .shapeMismatch,
            "is of an array with \(axes.count) axes, not of shape \(shape)")
        for (axis, part) in axes.enumerated() {
            try require(
                part.fits(shape[axis]), .invalidIndex,
                "\(part.count) indices from \(part.start) on by \(part.step) are out of range for "
                    + "axis \(axis) of shape \(shape); expected 0..<\(shape[axis])")
        }
    }
}

extension Layout {
    /// The layout of a part.
    /// - Precondition: the part lies within the shape.
    fileprivate func sliced(_ axes: [StridedSlice.Axis]) -> Layout {
        var result = Layout(shape: Shape(), strides: Strides(), offset: offset)
        for (axis, part) in axes.enumerated() {
            // An empty part has no first element to point at.
            if part.count > 0 { result.offset += part.start * strides[axis] }
            if part.isDropped { continue }
            // The step of a single element may be anything, and leads nowhere.
            result.strides[result.shape.rank] = strides[axis] * (part.count > 1 ? part.step : 1)
            result.shape.append(part.count)
        }
        return result
    }
}

extension Operand {
    /// The part that `indices` select, a view: an `Int` takes one element and drops its axis, a range
    /// takes a part of the axis, axes without an index are taken whole.
    ///
    /// ```swift
    /// x[3]             // the fourth row
    /// x[0..., ..<8]    // the first eight columns
    /// ```
    /// - Precondition: indices and ranges lie within their axes' extents.
    public subscript(_ indices: any ArrayIndex...) -> Self {
        do throws(ArrayError) {
            return Self.apply(try StridedSlice(indices, of: shape), self)
        } catch {
            error.report()
            return self
        }
    }
}
