import BraidCore

/// One number for each spatial axis of an image: its extents, or the steps of a window over it.
public struct Spatial: Hashable, Sendable {
    /// The number of spatial axes, from 1 to 3.
    public let rank: Int
    // From the first axis on; those that are not there are 0.
    private let first: Int
    private let second: Int
    private let third: Int

    /// One number per axis.
    /// - Precondition: from one to three values; after a mistake inside `validating` there is one, 0.
    public init(_ values: [Int]) {
        guard Self.isRank(values.count) else {
            self.init(repeating: 0, rank: 1)
            return
        }
        self.init(rank: values.count) { values[$0] }
    }

    /// Whether there are so many spatial axes; reports it when not.
    fileprivate static func isRank(_ count: Int) -> Bool {
        ArrayError.check(
            ranks.contains(count), in: "spatial axes",
            "there are \(ranks) spatial axes, not \(count)")
    }

    /// What `number` gives for each axis.
    init(rank: Int, _ number: (Int) -> Int) {
        self.rank = rank
        first = number(0)
        second = rank > 1 ? number(1) : 0
        third = rank > 2 ? number(2) : 0
    }

    /// The same number for each axis.
    init(repeating value: Int, rank: Int) { self.init(rank: rank) { _ in value } }

    /// The extents behind batch and channels of an image's shape.
    init(of shape: Shape) { self.init(rank: shape.rank - 2) { shape[$0 + 2] } }

    static let ranks = 1...3

    /// The number of an axis; 0 after a mistake inside `validating`.
    /// - Precondition: `axis` is in `0..<rank`.
    public subscript(axis: Int) -> Int {
        guard axis >= 0, axis < rank else {
            ArrayError(
                .invalidAxis, in: "spatial axes",
                "axis \(axis) is out of range for \(self); expected 0..<\(rank)"
            ).report()
            return 0
        }
        return axis == 0 ? first : axis == 1 ? second : third
    }

    /// The numbers in the order of the axes.
    public var values: [Int] { (0..<rank).map { self[$0] } }

    /// The product of the numbers, or the largest `Int` where it would be larger.
    var count: Int { (0..<rank).reduce(1) { saturatingProduct($0, self[$1]) } }

    /// Depth, height and width as kernels take them: `filler` stands for axes that are not there.
    func padded(with filler: Int) -> (Int64, Int64, Int64) {
        func value(_ axis: Int) -> Int64 { Int64(axis < 0 ? filler : self[axis]) }
        return (value(rank - 3), value(rank - 2), value(rank - 1))
    }
}

extension Spatial: Codable {
    /// Reads a list of one to three numbers.
    /// - Throws: `DecodingError` for another list.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let values = try container.decode([Int].self)
        guard Self.ranks.contains(values.count) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "\(values) has not one to three numbers")
        }
        self.init(values)
    }

    /// Writes the numbers as a list.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(values)
    }
}

extension Spatial: CustomStringConvertible {
    /// As `(3, 3)`, or `3` for one axis.
    public var description: String {
        rank == 1 ? "\(first)" : "(\(values.map(String.init).joined(separator: ", ")))"
    }
}

/// A number for each spatial axis: one for all of them, as `3`, or an array with one for each, as
/// `[3, 5]` for height and width.
public protocol SpatialValue {
    /// The numbers for images with so many spatial axes.
    /// - Precondition: `rank` is in `1...3`, and an array has `rank` elements.
    func spatial(rank: Int) -> Spatial
}

extension Int: SpatialValue {
    /// This number for each axis.
    public func spatial(rank: Int) -> Spatial {
        Spatial(repeating: self, rank: Spatial.isRank(rank) ? rank : 1)
    }
}

extension [Int]: SpatialValue {
    /// These numbers.
    public func spatial(rank: Int) -> Spatial {
        if count == rank { return Spatial(self) }
        ArrayError(
            .invalidValue, in: "spatial axes",
            "\(self) has \(count) numbers for \(rank) spatial axes"
        ).report()
        return (first ?? 1).spatial(rank: rank)
    }
}

extension Spatial: SpatialValue {
    /// These numbers.
    public func spatial(rank: Int) -> Spatial {
        self.rank == rank ? self : values.spatial(rank: rank)
    }
}

extension Operand {
    /// The number of axes behind batch and channels, within what there can be of them, so that
    /// inference is where another rank is refused.
    var spatialRank: Int {
        Swift.min(
            Swift.max(rank - 2, Spatial.ranks.lowerBound), Spatial.ranks.upperBound)
    }
}
