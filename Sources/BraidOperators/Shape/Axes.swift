import BraidCore

extension Operand {
    /// Looks at the axes that a function takes, in whose name a mistake is reported and not in that of one
    /// that it calls.
    /// - Returns: nil, or after the report of an axis that there is not, or that is named twice, the result.
    func refusal(ofAxes axes: [Int], in function: String) -> Self? {
        var named: UInt8 = 0
        for axis in axes {
            guard let place = shape.resolved(axis: axis) else {
                return refused(
                    .invalidAxis, in: function,
                    "axis \(axis) is out of range for shape \(shape); expected \(-rank)..<\(rank)")
            }
            guard named & 1 << place == 0 else {
                return refused(
                    .invalidAxis, in: function, "axis \(place) is named twice in \(axes)")
            }
            named |= 1 << place
        }
        return nil
    }
}
