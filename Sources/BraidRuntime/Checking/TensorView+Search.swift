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

    /// The number of the first integer outside `0..<bound`, and its value.
    func firstIndex(outside bound: Int) -> (element: Int, value: String)? {
        func search<Index: FixedWidthInteger>(_ type: Index.Type) -> (element: Int, value: String)?
        {
            let element = first(type) { !(0..<bound).contains(Int(clamping: $0)) }
            return element.map { ($0, "\(self.element($0, as: type))") }
        }
        return switch dtype {
        case .i8: search(Int8.self)
        case .i16: search(Int16.self)
        case .i32: search(Int32.self)
        case .i64: search(Int64.self)
        case .u8: search(UInt8.self)
        case .u16: search(UInt16.self)
        case .u32: search(UInt32.self)
        case .u64: search(UInt64.self)
        default: nil
        }
    }

    /// The coordinates of an element given by its number.
    func coordinates(of element: Int) -> [Int] {
        var rest = element
        var coordinates: [Int] = []
        for extent in shape.extents.reversed() {
            coordinates.append(rest % extent)
            rest /= extent
        }
        return coordinates.reversed()
    }

    private func first<T>(_ type: T.Type, where isWanted: (T) -> Bool) -> Int? {
        (0..<self.type.count).first { isWanted(element($0, as: type)) }
    }

    private func element<T>(_ number: Int, as type: T.Type) -> T {
        let elements = address.assumingMemoryBound(to: type)
        if isDense { return elements[number] }
        let strides = strides
        let offset = coordinates(of: number).enumerated().reduce(0) {
            $0 + $1.element * strides[$1.offset]
        }
        return elements[offset]
    }
}
