public import BraidCore

/// The smaller of an array's elements and a scalar; NaN stays. Where they tie the slope is 1.
public func minimum<T: Operand>(_ a: T, _ b: Double) -> T { T.apply(BinaryScalar(.minimum, b), a) }
/// The larger of an array's elements and a scalar; NaN stays. Where they tie the slope is 1.
public func maximum<T: Operand>(_ a: T, _ b: Double) -> T { T.apply(BinaryScalar(.maximum, b), a) }

extension Operand {
    /// This array with elements below a range raised to its lower bound and those above lowered to its
    /// upper one; NaN stays. The slope is 1 in the range, its ends included, and else 0.
    /// - Precondition: of integers both bounds are values of their dtype.
    public func clamped(to range: ClosedRange<Double>) -> Self {
        minimum(maximum(self, range.lowerBound), range.upperBound)
    }
}
