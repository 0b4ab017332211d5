public import BraidCore

extension DType {
    /// How far a computed value may be from the exact one, relative to the larger of 1 and the exact
    /// value. Whole numbers and truth values are exact.
    ///
    /// A sum of `n` rounded terms of about 1 is off by at most about `n` roundings (Higham, "Accuracy
    /// and Stability of Numerical Algorithms", 4.2); eight more are granted to each elementary
    /// function. A central difference of f64 values is as exact as the two thirds power of a rounding
    /// (the step is the cube root), with a factor for third derivatives of the tested functions.
    public func tolerance(
        reductionLength: Int = 1, byCentralDifferences: Bool = false
    ) -> Double {
        let rounding =
            switch self {
            case .f32: 0x1p-23
            case .f64: 0x1p-52
            case .f16: 0x1p-10
            case .bf16: 0x1p-7
            default: 0.0
            }
        let steps = Double(8 + reductionLength)
        // (2^-52)^(2/3), with the factor 512.
        return steps * (byCentralDifferences ? 0x1p-35 * 512 / 2 : rounding)
    }
}

extension HostElement {
    /// Whether this value is the expected one within a tolerance of `DType.tolerance`: NaN is NaN,
    /// infinities are equal only to themselves.
    public func isClose(to expected: HostElement, tolerance: Double) -> Bool {
        switch (self, expected) {
        case (.integer(let a), .integer(let b)): return a == b
        case (.real(let a), .real(let b)):
            if a == b || (a.isNaN && b.isNaN) { return true }
            return abs(a - b) <= tolerance * max(1, abs(b))
        default: return false
        }
    }
}

extension HostArray {
    /// The first difference from an expected array, in words; nil when there is none.
    public func difference(
        from expected: HostArray, reductionLength: Int = 1, byCentralDifferences: Bool = false
    ) -> String? {
        guard type == expected.type else { return "has type \(type), expected \(expected.type)" }
        let tolerance = dtype.tolerance(
            reductionLength: reductionLength, byCentralDifferences: byCentralDifferences)
        for (position, pair) in zip(elements, expected.elements).enumerated()
        where !pair.0.isClose(to: pair.1, tolerance: tolerance) {
            return "element \(position) of \(type) is \(pair.0), expected \(pair.1) "
                + "(tolerance \(tolerance))"
        }
        return nil
    }
}
