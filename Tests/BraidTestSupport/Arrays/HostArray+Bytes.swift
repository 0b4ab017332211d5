import BraidCore

extension DType {
    /// Writes one element.
    func store(_ element: HostElement, to address: UnsafeMutableRawPointer) {
        func bits<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type) {
            address.storeBytes(of: T(truncatingIfNeeded: element.integer), as: T.self)
        }
        switch self {
        case .f32: address.storeBytes(of: Float(element.real), as: Float.self)
        case .f64: address.storeBytes(of: element.real, as: Double.self)
        case .f16, .bf16:
            address.storeBytes(
                of: HalfPrecision.encoded(element.real, as: self), as: UInt16.self)
        case .i8, .u8, .bool: bits(UInt8.self)
        case .i16, .u16: bits(UInt16.self)
        case .i32, .u32: bits(UInt32.self)
        case .i64, .u64: bits(UInt64.self)
        }
    }

    /// Reads one element.
    func load(from address: UnsafeRawPointer) -> HostElement {
        switch self {
        case .f32: .real(Double(address.loadUnaligned(as: Float.self)))
        case .f64: .real(address.loadUnaligned(as: Double.self))
        case .f16, .bf16:
            .real(HalfPrecision.decoded(address.loadUnaligned(as: UInt16.self), as: self))
        case .i8: .integer(Int128(address.load(as: Int8.self)))
        case .i16: .integer(Int128(address.loadUnaligned(as: Int16.self)))
        case .i32: .integer(Int128(address.loadUnaligned(as: Int32.self)))
        case .i64: .integer(Int128(address.loadUnaligned(as: Int64.self)))
        case .u8, .bool: .integer(Int128(address.load(as: UInt8.self)))
        case .u16: .integer(Int128(address.loadUnaligned(as: UInt16.self)))
        case .u32: .integer(Int128(address.loadUnaligned(as: UInt32.self)))
        case .u64: .integer(Int128(address.loadUnaligned(as: UInt64.self)))
        }
    }
}
