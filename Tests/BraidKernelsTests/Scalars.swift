import CBraidKernels

/// A Swift type that kernels compute in.
protocol KernelScalar: Comparable, Sendable, BitwiseCopyable {
    static var dtype: braid_dtype { get }
    static func random(using generator: inout SeededGenerator) -> Self
    /// The same value; for floats any NaN is as good as another.
    func isSame(as other: Self) -> Bool
}

protocol KernelFloat: KernelScalar, BinaryFloatingPoint {
    var bits: UInt64 { get }
    init(_ x: Double)
}
extension KernelFloat {
    func isSame(as other: Self) -> Bool { bits == other.bits || (isNaN && other.isNaN) }
    static func random(using generator: inout SeededGenerator) -> Self {
        Self(Double.random(in: -3...3, using: &generator))
    }
}
extension Float: KernelFloat {
    static let dtype = BRAID_F32
    var bits: UInt64 { UInt64(bitPattern) }
}
extension Double: KernelFloat {
    static let dtype = BRAID_F64
    var bits: UInt64 { bitPattern }
}

protocol KernelInteger: KernelScalar, FixedWidthInteger {}
extension KernelInteger {
    func isSame(as other: Self) -> Bool { self == other }
    /// Mostly small, often extreme.
    static func random(using generator: inout SeededGenerator) -> Self {
        switch Int.random(in: 0..<8, using: &generator) {
        case 0: .min
        case 1: .max
        case 2: 0
        case 3: Self(truncatingIfNeeded: -1)
        case 4: Self.random(in: .min ... .max, using: &generator)
        default: Self(truncatingIfNeeded: Int.random(in: -9...9, using: &generator))
        }
    }
}
extension Int8: KernelInteger { static let dtype = BRAID_I8 }
extension Int16: KernelInteger { static let dtype = BRAID_I16 }
extension Int32: KernelInteger { static let dtype = BRAID_I32 }
extension Int64: KernelInteger { static let dtype = BRAID_I64 }
extension UInt8: KernelInteger { static let dtype = BRAID_U8 }
extension UInt16: KernelInteger { static let dtype = BRAID_U16 }
extension UInt32: KernelInteger { static let dtype = BRAID_U32 }
extension UInt64: KernelInteger { static let dtype = BRAID_U64 }

/// The integer types.
let integerTypes: [any KernelInteger.Type] = [
    Int8.self, Int16.self, Int32.self, Int64.self, UInt8.self, UInt16.self, UInt32.self,
    UInt64.self,
]
