/// The extents of an array, outermost first; a scalar has none.
///
/// Held inline (two 32-bit extents a word), so that making and comparing shapes allocates nothing.
/// At most `Shape.maximumRank` dimensions, each below 2^32, and fewer than 2^62 elements in all.
public struct Shape: Sendable {
    /// The largest number of dimensions.
    public static let maximumRank = 8

    @usableFromInline var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    /// The number of elements: the product of the extents, 1 for a scalar.
    public private(set) var elementCount = 1
    @usableFromInline var storedRank: UInt8 = 0
    /// The number of dimensions.
    public private(set) var rank: Int {
        get { Int(storedRank) }
        set { storedRank = UInt8(newValue) }
    }

    /// The shape of a scalar.
    public init() {}

    /// The shape with the given extents. After a mistake inside `validating` it is `[]`.
    /// - Precondition: at most eight extents, none negative, and a product below 2^62.
    public init(_ extents: some Collection<Int>) {
        guard let shape = Shape(exactly: extents) else {
            Self.mistake(.invalidValue, "\(Array(extents)) is not a shape: \(Shape.rule)")
            return
        }
        self = shape
    }

    // Not inlined: where a mistake is made is not where shapes are made all day.
    @inline(never)
    private static func mistake(_ code: ArrayError.Code, _ message: String) {
        ArrayError(code, in: "shape", message).report()
    }

    @usableFromInline
    @inline(never)
    func mistake(axis: Int, expected: Range<Int>) {
        Self.mistake(
            .invalidAxis, "axis \(axis) is out of range for shape \(self); expected \(expected)")
    }

    /// The shape with the given extents, or nil when they make none.
    public init?(exactly extents: some Collection<Int>) {
        guard extents.count <= Shape.maximumRank else { return nil }
        for extent in extents {
            guard extent >= 0, extent < 1 << 32 else { return nil }
            rank += 1
            set(extent, at: rank - 1)
        }
        guard isWithinLimits else { return nil }
        recount()
    }

    package static let rule =
        "at most 8 extents, each in 0..<2^32, with fewer than 2^62 elements in all"

    /// The extent of one dimension; 0 after a mistake inside `validating`.
    /// - Precondition: `axis` is in `0..<rank`.
    @inlinable
    public subscript(axis: Int) -> Int {
        guard axis >= 0, axis < Int(storedRank) else {
            mistake(axis: axis, expected: 0..<Int(storedRank))
            return 0
        }
        return extent(axis)
    }

    /// The same of an axis that is known to be one.
    @inlinable @inline(__always)
    func extent(_ axis: Int) -> Int {
        withUnsafeBytes(of: words) {
            Int($0.load(fromByteOffset: axis * MemoryLayout<UInt32>.stride, as: UInt32.self))
        }
    }

    private mutating func set(_ extent: Int, at axis: Int) {
        withUnsafeMutableBytes(of: &words) {
            $0.storeBytes(
                of: UInt32(extent), toByteOffset: axis * MemoryLayout<UInt32>.stride,
                as: UInt32.self)
        }
    }

    /// Whether the extents make a shape, by the rule of `init?(exactly:)`.
    private var isWithinLimits: Bool {
        var bound = 1
        for axis in 0..<rank {
            let (product, overflow) = bound.multipliedReportingOverflow(by: max(extent(axis), 1))
            guard !overflow, product < 1 << 62 else { return false }
            bound = product
        }
        return true
    }

    private mutating func recount() {
        var product = 1
        for axis in 0..<rank { product *= extent(axis) }
        elementCount = product
    }
}

extension Shape: Hashable {
    /// Whether both have the same extents.
    public static func == (a: Shape, b: Shape) -> Bool {
        (a.words.0 ^ b.words.0) | (a.words.1 ^ b.words.1) | (a.words.2 ^ b.words.2)
            | (a.words.3 ^ b.words.3) | UInt64(a.storedRank ^ b.storedRank) == 0
    }

    /// Feeds the extents.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(rank)
        hasher.combine(words.0)
        hasher.combine(words.1)
        if rank > 4 {
            hasher.combine(words.2)
            hasher.combine(words.3)
        }
    }
}

extension Shape: ExpressibleByArrayLiteral, CustomStringConvertible {
    /// The extents, outermost first.
    public var extents: [Int] { (0..<rank).map { self[$0] } }

    /// A shape written as its extents.
    /// - Precondition: as `init(_:)`.
    public init(arrayLiteral elements: Int...) { self.init(elements) }

    /// The extents as `[2, 3]`.
    public var description: String {
        "[" + extents.map { String($0) }.joined(separator: ", ") + "]"
    }
}

extension Shape: Codable {
    /// Reads an array of extents.
    /// - Throws: `DecodingError` when they make no shape.
    public init(from decoder: any Decoder) throws {
        let extents = try [Int](from: decoder)
        guard let shape = Shape(exactly: extents) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "\(extents) is not a shape: \(Shape.rule)"))
        }
        self = shape
    }

    /// Writes the extents as an array.
    public func encode(to encoder: any Encoder) throws { try extents.encode(to: encoder) }
}

extension Shape {
    /// This shape with one extent changed. After a mistake inside `validating` it is this shape.
    /// - Precondition: `axis` is in `0..<rank`, and the result is a shape.
    public func replacing(_ axis: Int, with extent: Int) -> Shape {
        guard axis >= 0, axis < rank else {
            mistake(axis: axis, expected: 0..<rank)
            return self
        }
        var shape = self
        if extent >= 0, extent < 1 << 32 { shape.set(extent, at: axis) }
        guard shape[axis] == extent, shape.isWithinLimits else {
            Self.mistake(
                .invalidValue,
                "extent \(extent) at axis \(axis) of \(self) makes no shape: \(Shape.rule)")
            return self
        }
        shape.recount()
        return shape
    }

    /// This shape without one dimension. After a mistake inside `validating` it is this shape.
    /// - Precondition: `axis` is in `0..<rank`.
    public func removing(_ axis: Int) -> Shape {
        guard axis >= 0, axis < rank else {
            mistake(axis: axis, expected: 0..<rank)
            return self
        }
        var shape = Shape()
        for other in 0..<rank where other != axis { shape.append(extent(other)) }
        return shape
    }

    /// This shape with a dimension put in before `axis`. After a mistake inside `validating` it is this
    /// shape.
    /// - Precondition: `axis` is in `0...rank`, the rank is below 8, and the result is a shape.
    public func inserting(_ extent: Int, at axis: Int) -> Shape {
        guard axis >= 0, axis <= rank else {
            mistake(axis: axis, expected: 0..<(rank + 1))
            return self
        }
        guard var shape = appending(extent) else {
            Self.mistake(
                .invalidValue,
                "extent \(extent) put into \(self) makes no shape: \(Shape.rule)")
            return self
        }
        for behind in axis..<rank { shape.set(self.extent(behind), at: behind + 1) }
        shape.set(extent, at: axis)
        return shape
    }

    /// Adds an innermost dimension; nothing after a mistake inside `validating`.
    /// - Precondition: the result is a shape.
    public mutating func append(_ extent: Int) {
        guard let shape = appending(extent) else {
            Self.mistake(
                .invalidValue, "extent \(extent) added to \(self) makes no shape: \(Shape.rule)")
            return
        }
        self = shape
    }

    /// This shape with an innermost dimension added, or nil when that makes no shape.
    package func appending(_ extent: Int) -> Shape? {
        guard rank < Shape.maximumRank, extent >= 0, extent < 1 << 32 else { return nil }
        var shape = self
        shape.rank += 1
        shape.set(extent, at: rank)
        guard shape.isWithinLimits else { return nil }
        shape.recount()
        return shape
    }

    /// The shape that both broadcast to by NumPy's rule (align at the end; an extent of 1 stretches),
    /// or nil when they do not agree or the result would have too many elements.
    public func broadcast(with other: Shape) -> Shape? {
        if self == other { return self }
        var result = rank >= other.rank ? self : other
        let shift = rank - other.rank
        for axis in 0..<result.rank {
            let a = axis - max(-shift, 0)
            let b = axis - max(shift, 0)
            let x = a >= 0 ? extent(a) : 1
            let y = b >= 0 ? other.extent(b) : 1
            guard x == y || x == 1 || y == 1 else { return nil }
            result.set(x == 1 ? y : x, at: axis)
        }
        guard result.isWithinLimits else { return nil }
        result.recount()
        return result
    }

    /// `axis` counted from the front, or nil when it is out of `-rank..<rank`.
    public func resolved(axis: Int) -> Int? {
        guard axis >= -rank, axis < rank else { return nil }
        return axis < 0 ? axis + rank : axis
    }
}
