public import BraidCore

extension Operand {
    /// This array laid side by side, `counts` times along each axis, as NumPy's `tile`:
    /// `[1, 2]` by `[2]` is `[1, 2, 1, 2]`.
    /// - Precondition: there is a count from 0 on for each axis.
    public func tiled(_ counts: [Int]) -> Self {
        guard counts.count == rank, counts.allSatisfy({ $0 >= 0 }) else {
            return refused(
                .invalidValue, in: "tiled",
                "takes counts from 0 on, one for each axis of shape \(shape), not \(counts)"
            )
        }
        var result = self
        for (axis, count) in counts.enumerated().reversed() where count != 1 {
            result = result.copies(count, before: axis, joinedTo: axis)
        }
        return result
    }

    /// This array with every element along `axis` `count` times in a row, as NumPy's `repeat`:
    /// `[1, 2]` by 2 is `[1, 1, 2, 2]`.
    /// - Precondition: `axis` is in `-rank..<rank`, and `count` is at least 0.
    public func repeated(_ count: Int, axis: Int) -> Self {
        guard let axis = shape.resolved(axis: axis), count >= 0 else {
            return refused(
                count < 0 ? .invalidValue : .invalidAxis, in: "repeated",
                "the count \(count) is negative, or axis \(axis) is out of range for shape \(shape)"
            )
        }
        return count == 1 ? self : copies(count, before: axis + 1, joinedTo: axis)
    }

    /// The dimensions from `place` on `count` times over, and the copies joined to dimension `axis`.
    private func copies(_ count: Int, before place: Int, joinedTo axis: Int) -> Self {
        let extents = shape.extents
        let (joined, overflow) = extents[axis].multipliedReportingOverflow(by: count)
        var result = extents
        result[axis] = joined
        guard !overflow, Shape(exactly: result) != nil else {
            return refused(
                .shapeMismatch, in: axis == place ? "tiled" : "repeated",
                "the count \(count) of copies of shape \(shape) along axis \(axis) gives too many: "
                    + Shape.rule
            )
        }
        let (outer, inner) = (extents[..<place].reduce(1, *), extents[place...].reduce(1, *))
        return reshaped(to: [outer, 1, inner])
            .broadcast(to: [outer, count, inner]).reshaped(to: result)
    }
}
