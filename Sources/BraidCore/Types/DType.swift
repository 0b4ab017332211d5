/// The element type of an array.
///
/// The raw values are part of the kernels' interface (`braid_dtype`) and never change.
public enum DType: UInt8, CaseIterable, Sendable, Hashable {
    /// IEEE 754 binary32.
    case f32
    /// IEEE 754 binary64.
    case f64
    /// IEEE 754 binary16.
    case f16
    /// bfloat16: the upper half of a binary32.
    case bf16
    /// 8-bit signed integer.
    case i8
    /// 16-bit signed integer.
    case i16
    /// 32-bit signed integer.
    case i32
    /// 64-bit signed integer.
    case i64
    /// 8-bit unsigned integer.
    case u8
    /// 16-bit unsigned integer.
    case u16
    /// 32-bit unsigned integer.
    case u32
    /// 64-bit unsigned integer.
    case u64
    /// Truth value, one byte: 0 or 1.
    case bool

    /// Bytes per element.
    public var size: Int {
        switch self {
        case .i8, .u8, .bool: 1
        case .f16, .bf16, .i16, .u16: 2
        case .f32, .i32, .u32: 4
        case .f64, .i64, .u64: 8
        }
    }

    /// Whether the type is a floating-point type.
    public var isFloating: Bool {
        switch self {
        case .f32, .f64, .f16, .bf16: true
        default: false
        }
    }

    /// Whether arithmetic kernels exist for the type: all but `f16`, `bf16` and `bool`, which are
    /// storage types here and take part through casts.
    @inlinable public var isArithmetic: Bool { self != .f16 && self != .bf16 && self != .bool }

    /// Whether floating-point kernels exist for the type.
    @inlinable public var isComputedFloating: Bool { self == .f32 || self == .f64 }

    /// Whether the type is a signed or unsigned integer type (`bool` is neither).
    @inlinable public var isInteger: Bool { !isFloating && self != .bool }
}

extension DType: CustomStringConvertible {
    /// The short name used in messages and files: `f32`, `i64`, `bool`.
    public var description: String {
        switch self {
        case .f32: "f32"
        case .f64: "f64"
        case .f16: "f16"
        case .bf16: "bf16"
        case .i8: "i8"
        case .i16: "i16"
        case .i32: "i32"
        case .i64: "i64"
        case .u8: "u8"
        case .u16: "u16"
        case .u32: "u32"
        case .u64: "u64"
        case .bool: "bool"
        }
    }
}

extension DType: Codable {
    /// Reads the short name.
    /// - Throws: `DecodingError` when no dtype is called so.
    public init(from decoder: any Decoder) throws {
        let name = try decoder.singleValueContainer().decode(String.self)
        guard let type = DType(named: name) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "no dtype is called '\(name)'; expected one of "
                        + DType.allCases.map(\.description).joined(separator: ", ")))
        }
        self = type
    }

    /// Writes the short name.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    /// The dtype of a short name, or nil.
    package init?(named name: String) {
        guard let type = DType.allCases.first(where: { $0.description == name }) else {
            return nil
        }
        self = type
    }
}
