/// What an operator knows of an operand before it runs: dtype and shape.
public struct TensorType: Hashable, Sendable, Codable {
    /// The extents.
    public var shape: Shape
    /// The element type.
    public var dtype: DType

    /// A type from its parts.
    @inline(__always)
    public init(_ dtype: DType, _ shape: Shape) {
        self.dtype = dtype
        self.shape = shape
    }

    /// The number of elements.
    public var count: Int { shape.elementCount }
    /// Bytes of a dense array of this type; `Int.max` when there are more.
    public var byteCount: Int {
        let (bytes, overflow) = shape.elementCount.multipliedReportingOverflow(by: dtype.size)
        return overflow ? .max : bytes
    }
    /// The number of dimensions.
    public var rank: Int { shape.rank }
}

extension TensorType: CustomStringConvertible {
    /// As `f32[2, 3]`.
    public var description: String { "\(dtype)\(shape)" }
}
