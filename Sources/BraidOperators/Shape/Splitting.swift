public import BraidCore

/// Arrays of one type along a new dimension, which stands at `axis` of the result.
/// - Precondition: there is an array, all have one shape and dtype, and `axis` is in
///   `-(rank + 1)...rank`.
public func stacked<T: Operand>(_ arrays: [T], axis: Int = 0) -> T {
    guard let first = arrays.first else {
        return T.refused(.shapeMismatch, in: "stacked", "takes at least one array")
    }
    let place = axis < 0 ? axis + first.rank + 1 : axis
    guard (0...first.rank).contains(place) else {
        return first.refused(
            .invalidAxis, in: "stacked",
            "axis \(axis) is out of range for arrays of shape \(first.shape); expected "
                + "\(-first.rank - 1)...\(first.rank)")
    }
    if let other = arrays.first(where: { $0.type != first.type }) {
        return first.refused(
            .shapeMismatch, in: "stacked",
            "takes arrays of one type, not \(first.type) and \(other.type)")
    }
    return concatenated(arrays.map { $0.expandingDimension(at: place) }, axis: place)
}

extension Operand {
    /// This array cut along `axis` into parts of the given extents, which are views.
    ///
    /// ```swift
    /// let parts = NDArray.range(count: 6).split(into: [1, 2, 3])   // [0], [1, 2], [3, 4, 5]
    /// ```
    /// - Precondition: `axis` is in `-rank..<rank`; the extents are from 0 on and add up to the axis's.
    public func split(into extents: [Int], axis: Int = 0) -> [Self] {
        guard let place = shape.resolved(axis: axis),
            extents.allSatisfy({ (0...shape[place]).contains($0) }),
            extents.reduce(into: 0, { $0 &+= $1 }) == shape[place]
        else {
            ArrayError(
                .shapeMismatch, in: "split",
                "axis \(axis) of shape \(shape) has no parts of extents \(extents)"
            ).report()
            return extents.map { _ in self }
        }
        var start = 0
        return extents.map { extent in
            defer { start += extent }
            return part(start..<(start + extent), of: place)
        }
    }

    /// This array cut along `axis` into `count` parts of equal extents, which are views.
    /// - Precondition: `axis` is in `-rank..<rank`, and `count`, at least 1, divides its extent; no axis
    ///   without elements is cut into more than 2^16 parts.
    public func split(count: Int, axis: Int = 0) -> [Self] {
        guard let place = shape.resolved(axis: axis), count > 0, shape[place] % count == 0,
            count <= Swift.max(shape[place], 1 << 16)
        else {
            ArrayError(
                .shapeMismatch, in: "split",
                "the count \(count) does not cut axis \(axis) of shape \(shape) into equal parts"
            ).report()
            // As many as were asked for, within what may be meant.
            return [Self](repeating: self, count: Swift.min(Swift.max(count, 0), 1 << 16))
        }
        return split(into: [Int](repeating: shape[place] / count, count: count), axis: place)
    }

    /// The parts of extent 1 along `axis`, each without that dimension: views.
    /// - Precondition: `axis` is in `-rank..<rank`.
    public func unstacked(axis: Int = 0) -> [Self] {
        guard let place = shape.resolved(axis: axis) else {
            ArrayError(
                .invalidAxis, in: "unstacked", "axis \(axis) is out of range for shape \(shape)"
            ).report()
            return []
        }
        return (0..<shape[place]).map { part($0..<($0 + 1), of: place).squeezed(at: place) }
    }
}
