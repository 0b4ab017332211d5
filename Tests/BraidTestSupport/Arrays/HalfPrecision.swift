public import BraidCore

/// The 16-bit floating-point formats in plain arithmetic on `Double`, as a reference for the
/// kernels' bit tricks.
public enum HalfPrecision {
    private static func format(_ dtype: DType) -> (
        significandBits: Int, exponents: ClosedRange<Int>
    ) {
        switch dtype {
        case .f16: (10, -14...15)
        case .bf16: (7, -126...127)
        default: preconditionFailure("\(dtype) is no 16-bit floating-point type")
        }
    }

    /// The nearest number of the format, ties to even; infinite beyond its range.
    public static func rounded(_ value: Double, to dtype: DType) -> Double {
        let (bits, exponents) = format(dtype)
        guard value.isFinite, value != 0 else { return value }
        // Below the smallest normal number the spacing stays that of the smallest exponent.
        let exponent = max(Int(value.exponent), exponents.lowerBound)
        let spacing = Double(sign: .plus, exponent: exponent - bits, significand: 1)
        let nearest = (value / spacing).rounded(.toNearestOrEven) * spacing
        if abs(nearest) < Double(sign: .plus, exponent: exponents.upperBound + 1, significand: 1) {
            return nearest
        }
        return value < 0 ? -.infinity : .infinity
    }

    /// The bit pattern of a number of the format.
    public static func encoded(_ value: Double, as dtype: DType) -> UInt16 {
        let (bits, exponents) = format(dtype)
        let sign: UInt16 = value.sign == .minus ? 0x8000 : 0
        let infinity = UInt16(exponents.upperBound - exponents.lowerBound + 2) << UInt16(bits)
        if value.isNaN { return infinity | 1 << UInt16(bits - 1) }
        if value.isInfinite { return sign | infinity }
        if value == 0 { return sign }
        let exponent = max(Int(value.exponent), exponents.lowerBound)
        let spacing = Double(sign: .plus, exponent: exponent - bits, significand: 1)
        let steps = UInt16(value.magnitude / spacing)
        // Subnormal numbers lack the implicit bit, so the biased exponent 0 comes out by itself.
        return sign | (UInt16(exponent - exponents.lowerBound) << UInt16(bits)) + steps
    }

    /// The number that a bit pattern stands for.
    public static func decoded(_ pattern: UInt16, as dtype: DType) -> Double {
        let (bits, exponents) = format(dtype)
        let sign = pattern & 0x8000 == 0 ? 1.0 : -1.0
        let biased = Int(pattern & 0x7FFF) >> bits
        let fraction = Int(pattern) & ((1 << bits) - 1)
        if biased == exponents.upperBound - exponents.lowerBound + 2 {
            return fraction == 0 ? sign * .infinity : .nan
        }
        let exponent = max(biased - 1, 0) + exponents.lowerBound
        let spacing = Double(sign: .plus, exponent: exponent - bits, significand: 1)
        return sign * Double(fraction + (biased == 0 ? 0 : 1 << bits)) * spacing
    }
}
