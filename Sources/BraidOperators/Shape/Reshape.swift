public import BraidCore

/// The same elements in row-major order under another shape.
public struct Reshape: Operator {
    /// The name in files.
    public static let name = "reshape"
    /// A view unless the strides forbid it.
    public static let traits: OperatorTraits = .view
    /// One operand.
    public static let arity: Int? = 1

    /// The new extents; -1, at most once, stands for what is left.
    public let extents: [Int]

    package init(_ extents: [Int]) { self.extents = extents }

    /// The operand's dtype and the new shape.
    /// - Throws: `ArrayError` when the extents do not hold as many elements.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        let input = inputs[0]
        guard let shape = resolved(for: input.shape) else {
            throw ArrayError(
                .shapeMismatch, in: Self.name,
                "an array of shape \(input.shape) with \(input.count) elements cannot have shape "
                    + "\(extents)")
        }
        return TensorType(input.dtype, shape)
    }

    private func resolved(for shape: Shape) -> Shape? {
        var known = 1
        var open: Int?
        for (axis, extent) in extents.enumerated() {
            if extent == -1, open == nil {
                open = axis
            } else if extent < 0 {
                return nil
            } else {
                known = saturatingProduct(known, extent)
            }
        }
        var result = extents
        if let open {
            guard known > 0, shape.elementCount % known == 0 else { return nil }
            result[open] = shape.elementCount / known
        }
        guard let shaped = Shape(exactly: result), shaped.elementCount == shape.elementCount else {
            return nil
        }
        return shaped
    }

    /// The new shape over the same elements, when strides can say so: every run of dimensions that is
    /// regrouped must be walked through without a gap.
    public func view(of input: Layout) -> Layout? {
        guard let shape = resolved(for: input.shape) else { return nil }
        var result = Layout(dense: shape)
        result.offset = input.offset
        if shape.elementCount == 0 || input.isDense { return result }
        var (source, target) = (0, 0)
        while target < shape.rank {
            // The smallest run of source dimensions that holds the run of target dimensions.
            let first = target
            var (held, wanted) = (1, shape[target])
            target += 1
            var last: Int?
            while held != wanted || last == nil {
                if held <= wanted, source < input.shape.rank {
                    let extent = input.shape[source]
                    if extent != 1 {
                        if let last, input.strides[last] != input.strides[source] * extent {
                            return nil
                        }
                        last = source
                        held *= extent
                    }
                    source += 1
                } else if held > wanted, target < shape.rank {
                    wanted *= shape[target]
                    target += 1
                } else {
                    break  // only extents of 1 are left
                }
            }
            var stride = last.map { input.strides[$0] } ?? 1
            for axis in (first..<target).reversed() {
                result.strides[axis] = stride
                stride *= shape[axis]
            }
        }
        return result
    }

    /// Copies.
    public func evaluate(_ context: borrowing KernelContext) {
        let input = context.inputs[0]
        context.copy(from: input, to: context.outputs[0].reshaped(to: input.shape))
    }

    /// Nothing but types.
    public var gradientNeeds: GradientNeeds { [] }

    /// The cotangent in the operand's shape.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        [context.cotangent.reshaped(to: context.inputs[0].shape.extents)]
    }
}

extension Operand {
    /// These elements in row-major order under another shape; a view where strides allow it.
    ///
    /// ```swift
    /// NDArray.range(count: 6).reshaped(to: [2, -1])   // shape [2, 3]
    /// ```
    /// - Parameter extents: the new extents; -1, at most once, stands for what is left.
    /// - Precondition: the extents hold as many elements as this array has.
    public func reshaped(to extents: [Int]) -> Self { Self.apply(Reshape(extents), self) }

    /// The dimensions from `axis` on joined to one: `[batch, …]` as `[batch, features]` with 1.
    /// - Precondition: `axis` is in `-rank...rank`; at `rank` a dimension of extent 1 is added.
    public func flattened(from axis: Int = 0) -> Self {
        guard let first = insertionAxis(axis, last: rank, "flattened") else { return self }
        let extents = shape.extents
        return reshaped(to: extents[..<first] + [extents[first...].reduce(1, *)])
    }

    /// A dimension of extent 1 put in, which stands at `axis` of the result.
    /// - Precondition: `axis` is in `-(rank + 1)...rank`, and the rank is below 8.
    public func expandingDimension(at axis: Int) -> Self {
        guard let place = insertionAxis(axis, last: rank, from: rank + 1, "expandingDimension")
        else { return self }
        var extents = shape.extents
        extents.insert(1, at: place)
        return reshaped(to: extents)
    }

    /// Without the dimension `axis`, whose extent is 1.
    /// - Precondition: `axis` is in `-rank..<rank`, and its extent is 1.
    public func squeezed(at axis: Int) -> Self {
        guard let place = insertionAxis(axis, last: rank - 1, "squeezed") else { return self }
        var extents = shape.extents
        guard extents[place] == 1 else {
            return refused(
                .shapeMismatch, in: "squeezed",
                "takes an axis of extent 1, but axis \(axis) of shape \(shape) has \(extents[place])"
            )
        }
        extents.remove(at: place)
        return reshaped(to: extents)
    }

    /// Without the dimensions whose extent is 1.
    public func squeezed() -> Self { reshaped(to: shape.extents.filter { $0 != 1 }) }

    /// `axis` counted from the front, in `0...last`; nil, after a report, when it is out of range.
    private func insertionAxis(
        _ axis: Int, last: Int, from end: Int? = nil, _ operation: String
    ) -> Int? {
        let end = end ?? rank
        if axis >= -end, axis <= last { return axis < 0 ? axis + end : axis }
        ArrayError(
            .invalidAxis, in: operation,
            "axis \(axis) is out of range for shape \(shape); expected \(-end)...\(last)"
        ).report()
        return nil
    }
}
