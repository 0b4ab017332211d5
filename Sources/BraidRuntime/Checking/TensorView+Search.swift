import BraidCore

extension TensorView {
    /// The number of the first element, in row-major order, that is NaN.
    var firstNaN: Int? { firstNonFinite { exponent, mantissa in exponent && mantissa } }
    /// The number of the first element, in row-major order, that is infinite.
    var firstInfinity: Int? { firstNonFinite { exponent, mantissa in exponent && !mantissa } }

    /// - Parameter isWanted: of whether all bits of the exponent are set, and any of the mantissa.
    private func firstNonFinite(_ isWanted: (Bool, Bool) -> Bool) -> Int? {
        func search<Bits: FixedWidthInteger>(_ exponent: Bits) -> Int? {
            let mantissa = (1 << exponent.trailingZeroBitCount) - 1 as Bits
            return first(Bits.self) { isWanted($0 & exponent == exponent, $0 & mantissa != 0) }
        }
        return switch dtype {
        case .f16: search(0x7C00 as UInt16)
        case .bf16: search(0x7F80 as UInt16)
        case .f32: search(0x7F80_0000 as UInt32)
        case .f64: search(0x7FF0_0000_0000_0000 as UInt64)
        default: nil
        }
    }

    private func first<T>(_ type: T.Type, where isWanted: (T) -> Bool) -> Int? {
        firstElement(in: 0..<self.type.count, as: type, where: isWanted)
    }
}
