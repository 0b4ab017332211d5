/// What selects along one axis of an array in a subscript: an `Int` (which drops the axis), any range
/// of `Int`, or such a range with a step.
///
/// ```swift
/// x[3]                     // the fourth along axis 0, which is dropped
/// x[..<2, 1...]            // two along axis 0, all but the first along axis 1
/// x[0..., (0..<8).by(2)]   // all of axis 0, every second of the first eight along axis 1
/// ```
public protocol ArrayIndex: Sendable {
    /// What is selected.
    var axisSelection: AxisSelection { get }
}

/// What is selected along one axis.
public enum AxisSelection: Hashable, Sendable, ArrayIndex {
    /// One element, whose axis is dropped.
    case index(Int)
    /// Elements from a bound (the axis's start when nil) up to another (its end), by steps from 1 on.
    case range(from: Int?, upTo: Int?, by: Int)

    /// Itself.
    public var axisSelection: AxisSelection { self }
}

extension Int: ArrayIndex {
    /// One element.
    public var axisSelection: AxisSelection { .index(self) }
}
extension Range<Int>: ArrayIndex {
    /// The elements from `lowerBound` up to `upperBound`.
    public var axisSelection: AxisSelection { by(1) }
    /// Every `step`-th element of the range, the first included.
    public func by(_ step: Int) -> AxisSelection {
        .range(from: lowerBound, upTo: upperBound, by: step)
    }
}
extension ClosedRange<Int>: ArrayIndex {
    /// The elements from `lowerBound` through `upperBound`.
    public var axisSelection: AxisSelection { by(1) }
    /// Every `step`-th element of the range, the first included.
    public func by(_ step: Int) -> AxisSelection {
        .range(from: lowerBound, upTo: following(upperBound), by: step)
    }
}
extension PartialRangeFrom<Int>: ArrayIndex {
    /// The elements from `lowerBound` to the axis's end.
    public var axisSelection: AxisSelection { by(1) }
    /// Every `step`-th element from `lowerBound` on.
    public func by(_ step: Int) -> AxisSelection { .range(from: lowerBound, upTo: nil, by: step) }
}
extension PartialRangeUpTo<Int>: ArrayIndex {
    /// The elements up to `upperBound`.
    public var axisSelection: AxisSelection { by(1) }
    /// Every `step`-th element up to `upperBound`, the first included.
    public func by(_ step: Int) -> AxisSelection { .range(from: nil, upTo: upperBound, by: step) }
}
extension PartialRangeThrough<Int>: ArrayIndex {
    /// The elements through `upperBound`.
    public var axisSelection: AxisSelection { by(1) }
    /// Every `step`-th element through `upperBound`, the first included.
    public func by(_ step: Int) -> AxisSelection {
        .range(from: nil, upTo: following(upperBound), by: step)
    }
}

/// `bound + 1`; the largest `Int` is out of every extent anyway.
private func following(_ bound: Int) -> Int { bound == .max ? bound : bound + 1 }
