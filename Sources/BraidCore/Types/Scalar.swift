/// A Swift type that can be the element of an array.
public protocol Scalar: BitwiseCopyable, Sendable, Hashable {
    /// The dtype that stores this type.
    static var dtype: DType { get }
}

/// A scalar with arithmetic.
public protocol NumericScalar: Scalar, Numeric, Comparable {}

/// A scalar that is a floating-point number.
public protocol FloatingScalar: NumericScalar, BinaryFloatingPoint {}

extension Float: FloatingScalar {
    /// `DType.f32`.
    public static var dtype: DType { .f32 }
}
extension Double: FloatingScalar {
    /// `DType.f64`.
    public static var dtype: DType { .f64 }
}
extension Int8: NumericScalar {
    /// `DType.i8`.
    public static var dtype: DType { .i8 }
}
extension Int16: NumericScalar {
    /// `DType.i16`.
    public static var dtype: DType { .i16 }
}
extension Int32: NumericScalar {
    /// `DType.i32`.
    public static var dtype: DType { .i32 }
}
extension Int64: NumericScalar {
    /// `DType.i64`.
    public static var dtype: DType { .i64 }
}
extension Int: NumericScalar {
    /// `DType.i64`.
    public static var dtype: DType { .i64 }
}
extension UInt8: NumericScalar {
    /// `DType.u8`.
    public static var dtype: DType { .u8 }
}
extension UInt16: NumericScalar {
    /// `DType.u16`.
    public static var dtype: DType { .u16 }
}
extension UInt32: NumericScalar {
    /// `DType.u32`.
    public static var dtype: DType { .u32 }
}
extension UInt64: NumericScalar {
    /// `DType.u64`.
    public static var dtype: DType { .u64 }
}
extension Bool: Scalar {
    /// `DType.bool`.
    public static var dtype: DType { .bool }
}
