public import BraidCore

extension Operand {
    /// This array laid side by side, `counts` times along each axis, as NumPy's `tile`:
    /// `[1, 2]` by `[2]` is `[1, 2, 1, 2]`.
    /// - Precondition: there is a count from 0 on for each axis.
    public func tiled(_ counts: [Int]) -> Self {
        guard counts.count == rank, counts.allSatisfy({ $0 >= 0 }) else {
            ArrayError(
                .invalidValue, in: "tiled",
                "takes a count from 0 on for each axis of shape \(shape), not \(counts)"
            ).report()
            return self
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
            ArrayError(
                count < 0 ? .invalidValue : .invalidAxis, in: "repeated",
                "cannot repeat \(count) times along axis \(axis) of shape \(shape)"
            ).report()
            return self
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
            ArrayError(
                .shapeMismatch, in: axis == place ? "tiled" : "repeated",
                "\(count) copies of shape \(shape) along axis \(axis) are too many: \(Shape.rule)"
            ).report()
            return self
        }
        let (outer, inner) = (extents[..<place].reduce(1, *), extents[place...].reduce(1, *))
        return reshaped(to: [outer, 1, inner])
            .broadcast(to: [outer, count, inner]).reshaped(to: result)
    }
}
