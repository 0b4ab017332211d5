public import BraidCore

/// One element of a host array. Integers of every width are exact; truth values are 0 and 1.
public enum HostElement: Hashable, Sendable {
    /// Of a floating-point array.
    case real(Double)
    /// Of an integer or bool array.
    case integer(Int128)

    /// The value as a number, rounded when a large integer needs it.
    public var real: Double {
        switch self {
        case .real(let value): value
        case .integer(let value): Double(value)
        }
    }

    /// The value of an integer or bool element.
    /// - Precondition: it is not of a floating-point array.
    public var integer: Int128 {
        guard case .integer(let value) = self else {
            preconditionFailure("\(self) is no element of an integer array")
        }
        return value
    }

    /// Whether the value is not zero.
    public var isTrue: Bool { real != 0 }
}

/// A small dense array with exact elements, for naive reference implementations: no strides, no
/// views, nothing shared with the library's own kernels.
public struct HostArray: Sendable {
    /// Dtype and extents.
    public let type: TensorType
    /// The elements in row-major order.
    public var elements: [HostElement]

    /// An array from its elements, each rounded or wrapped to the dtype.
    public init(_ type: TensorType, _ elements: [HostElement]) {
        precondition(elements.count == type.count, "\(elements.count) elements for \(type)")
        self.type = type
        self.elements = elements.map { type.dtype.fitted($0) }
    }

    /// An array of numbers; whole numbers for dtypes that are not floating-point types.
    public init(_ dtype: DType, _ shape: Shape, _ values: [Double]) {
        self.init(
            TensorType(dtype, shape),
            values.map { dtype.isFloating ? .real($0) : .integer(Int128($0)) })
    }

    /// An array whose element at each index a function gives.
    public init(_ type: TensorType, at element: ([Int]) -> HostElement) {
        var elements: [HostElement] = []
        elements.reserveCapacity(type.count)
        HostArray.forEachIndex(of: type.shape) { elements.append(element($0)) }
        self.init(type, elements)
    }

    /// The element type.
    public var dtype: DType { type.dtype }
    /// The extents.
    public var shape: Shape { type.shape }
    /// The elements as numbers.
    public var reals: [Double] { elements.map(\.real) }
    /// The elements of an integer or bool array.
    public var integers: [Int128] { elements.map(\.integer) }

    /// The element at an index.
    public subscript(index: [Int]) -> HostElement {
        get { elements[HostArray.position(of: index, in: shape)] }
        set { elements[HostArray.position(of: index, in: shape)] = dtype.fitted(newValue) }
    }

    /// All indices of a shape in row-major order; one empty index for a scalar.
    public static func indices(of shape: Shape) -> [[Int]] {
        var all: [[Int]] = []
        all.reserveCapacity(shape.elementCount)
        forEachIndex(of: shape) { all.append($0) }
        return all
    }

    /// Visits all indices of a shape in row-major order, without an array for each.
    public static func forEachIndex(of shape: Shape, _ body: ([Int]) -> Void) {
        if shape.elementCount == 0 { return }
        let extents = shape.extents
        var index = [Int](repeating: 0, count: extents.count)
        while true {
            body(index)
            var axis = extents.count - 1
            while axis >= 0, index[axis] + 1 == extents[axis] {
                index[axis] = 0
                axis -= 1
            }
            if axis < 0 { return }
            index[axis] += 1
        }
    }

    /// Where an index stands in row-major order.
    public static func position(of index: [Int], in shape: Shape) -> Int {
        precondition(index.count == shape.rank)
        var position = 0
        for axis in 0..<shape.rank {
            precondition(index[axis] >= 0 && index[axis] < shape[axis])
            position = position * shape[axis] + index[axis]
        }
        return position
    }

    /// The element that a broadcast array has at an index of the larger shape.
    public func broadcastElement(at index: [Int]) -> HostElement {
        let added = index.count - shape.rank
        var position = 0
        for axis in 0..<shape.rank {
            let own = shape[axis] == 1 ? 0 : index[axis + added]
            precondition(own < shape[axis])
            position = position * shape[axis] + own
        }
        return elements[position]
    }

    /// The same elements with another shape.
    public func reshaped(to shape: Shape) -> HostArray {
        HostArray(TensorType(dtype, shape), elements)
    }
}

extension DType {
    /// An element as an array of this dtype holds it: rounded, or wrapped to the width.
    public func fitted(_ element: HostElement) -> HostElement {
        switch (self, element) {
        case (.f64, .real): return element
        case (.f32, .real(let value)): return .real(Double(Float(value)))
        case (.f16, .real(let value)): return .real(HalfPrecision.rounded(value, to: .f16))
        case (.bf16, .real(let value)): return .real(HalfPrecision.rounded(value, to: .bf16))
        case (.i8, .integer(let value)): return .integer(Int128(Int8(truncatingIfNeeded: value)))
        case (.i16, .integer(let value)): return .integer(Int128(Int16(truncatingIfNeeded: value)))
        case (.i32, .integer(let value)): return .integer(Int128(Int32(truncatingIfNeeded: value)))
        case (.i64, .integer(let value)): return .integer(Int128(Int64(truncatingIfNeeded: value)))
        case (.u8, .integer(let value)): return .integer(Int128(UInt8(truncatingIfNeeded: value)))
        case (.u16, .integer(let value)): return .integer(Int128(UInt16(truncatingIfNeeded: value)))
        case (.u32, .integer(let value)): return .integer(Int128(UInt32(truncatingIfNeeded: value)))
        case (.u64, .integer(let value)): return .integer(Int128(UInt64(truncatingIfNeeded: value)))
        case (.bool, .integer(let value)): return .integer(value == 0 ? 0 : 1)
        default: preconditionFailure("\(element) is no element of an array of \(self)")
        }
    }

    /// The smallest and the largest value of an integer dtype; 0 and 1 for bool.
    public var integerLimits: ClosedRange<Int128> {
        switch self {
        case .i8: Int128(Int8.min)...Int128(Int8.max)
        case .i16: Int128(Int16.min)...Int128(Int16.max)
        case .i32: Int128(Int32.min)...Int128(Int32.max)
        case .i64: Int128(Int64.min)...Int128(Int64.max)
        case .u8: 0...Int128(UInt8.max)
        case .u16: 0...Int128(UInt16.max)
        case .u32: 0...Int128(UInt32.max)
        case .u64: 0...Int128(UInt64.max)
        case .bool: 0...1
        case .f32, .f64, .f16, .bf16: preconditionFailure("\(self) is no integer dtype")
        }
    }
}
