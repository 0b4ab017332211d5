/// Where the elements of an array stand in its storage: extents, one stride per dimension and the
/// position of the first element, all in elements.
public struct Layout: Sendable, Equatable {
    /// The extents.
    public var shape: Shape
    /// Elements from one index to the next, per dimension; 0 repeats an element.
    public var strides: Strides
    /// The position of the first element.
    public var offset: Int

    /// A layout from its parts.
    public init(shape: Shape, strides: Strides, offset: Int) {
        self.shape = shape
        self.strides = strides
        self.offset = offset
    }

    /// The dense row-major layout of a shape.
    public init(dense shape: Shape) {
        self.init(shape: shape, strides: Strides(dense: shape), offset: 0)
    }

    /// Whether the elements stand in row-major order without gaps (extents of 1 do not matter).
    public var isDense: Bool { strides.isDense(for: shape) }
}

/// One stride per dimension, in elements, held inline.
public struct Strides: Sendable, Equatable {
    @usableFromInline var values: (Int, Int, Int, Int, Int, Int, Int, Int) = (
        0, 0, 0, 0, 0, 0, 0, 0
    )

    /// All strides zero: every index names the same element.
    public init() {}

    /// The strides of a dense row-major array.
    public init(dense shape: Shape) {
        var stride = 1
        var axis = shape.rank - 1
        while axis >= 0 {
            set(stride, at: axis)
            stride *= shape.extent(axis)
            axis -= 1
        }
    }

    /// The stride of one dimension; after a mistake inside `validating` it reads as 0, and nothing is set.
    /// - Precondition: `axis` is in `0..<8`.
    @inlinable
    public subscript(axis: Int) -> Int {
        get {
            guard axis >= 0, axis < Shape.maximumRank else {
                Self.mistake(axis: axis)
                return 0
            }
            return stride(axis)
        }
        set {
            guard axis >= 0, axis < Shape.maximumRank else { return Self.mistake(axis: axis) }
            set(newValue, at: axis)
        }
    }

    /// The stride of an axis that is known to be one.
    @inlinable @inline(__always)
    func stride(_ axis: Int) -> Int {
        withUnsafeBytes(of: values) {
            $0.load(fromByteOffset: axis * MemoryLayout<Int>.stride, as: Int.self)
        }
    }

    @inlinable @inline(__always)
    mutating func set(_ stride: Int, at axis: Int) {
        withUnsafeMutableBytes(of: &values) {
            $0.storeBytes(of: stride, toByteOffset: axis * MemoryLayout<Int>.stride, as: Int.self)
        }
    }

    @usableFromInline
    @inline(never)
    static func mistake(axis: Int) {
        ArrayError(
            .invalidAxis, in: "strides",
            "axis \(axis) is out of range; expected 0..<\(Shape.maximumRank)"
        ).report()
    }

    /// Whether these strides make a dense row-major array of the shape; an empty one always is.
    public func isDense(for shape: Shape) -> Bool {
        if shape.elementCount == 0 { return true }
        var expected = 1
        var axis = shape.rank - 1
        while axis >= 0 {
            let extent = shape.extent(axis)
            if extent != 1 && stride(axis) != expected { return false }
            expected *= extent
            axis -= 1
        }
        return true
    }

    /// Whether both have the same strides.
    public static func == (a: Strides, b: Strides) -> Bool {
        (0..<Shape.maximumRank).allSatisfy { a.stride($0) == b.stride($0) }
    }
}
