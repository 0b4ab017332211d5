import BraidCore

/// One number for the height and one for the width of an image.
public struct Spatial2D: Hashable, Codable, Sendable {
    /// Down.
    public let height: Int
    /// Across.
    public let width: Int

    /// A pair from its parts.
    public init(height: Int, width: Int) {
        self.height = height
        self.width = width
    }

    /// A pair (height, width).
    init(_ pair: (Int, Int)) { self.init(height: pair.0, width: pair.1) }

    /// The last two extents of an image's shape.
    init(of shape: Shape) {
        self.init(height: shape[shape.rank - 2], width: shape[shape.rank - 1])
    }

    /// Whether both numbers satisfy a condition.
    func allSatisfy(_ condition: (Int) -> Bool) -> Bool { condition(height) && condition(width) }

    var count: Int { height * width }
}

extension Spatial2D: CustomStringConvertible {
    /// As `(3, 3)`.
    public var description: String { "(\(height), \(width))" }
}
