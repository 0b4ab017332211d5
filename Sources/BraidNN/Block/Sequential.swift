import BraidCore
public import BraidRuntime

/// Blocks whose names are their numbers alone, as in every framework.
protocol BlockRow {
    var blocks: [any Block<NDArray, NDArray>] { get }
}

/// Blocks in a row, each fed with the output of the one before.
///
/// ```swift
/// let network = Sequential {
///     Dense(128, activation: .relu)
///     Dense(10)
/// }
/// ```
public struct Sequential: Block, BlockRow {
    /// The blocks in order.
    public let blocks: [any Block<NDArray, NDArray>]
    /// How many rows stand inside each other, this one included.
    private let depth: Int

    /// Rows inside each other: memory of more is given back by calls deeper than a thread's stack.
    private static let depthLimit = 10_000

    /// A row of blocks. Inside `validating`, one that is nested too deep has no blocks.
    /// - Precondition: at most 10,000 rows stand inside each other.
    public init(_ blocks: [any Block<NDArray, NDArray>]) {
        let depth = 1 + blocks.reduce(0) { max($0, ($1 as? Sequential)?.depth ?? 0) }
        let isInOrder = ArrayError.check(
            depth <= Self.depthLimit, in: "Sequential",
            "\(depth) rows stand inside each other; at most \(Self.depthLimit) may, as a row of any "
                + "length has a depth of one")
        self.blocks = isInOrder ? blocks : []
        self.depth = isInOrder ? depth : 1
    }

    /// A row of blocks, written one below the other; `if` and `for` work.
    /// - Precondition: at most 10,000 rows stand inside each other.
    public init(@SequentialBuilder _ blocks: () -> [any Block<NDArray, NDArray>]) {
        self.init(blocks())
    }

    /// Feeds `input` through all blocks.
    public func forward(_ input: NDArray) -> NDArray {
        blocks.reduce(input) { $1($0) }
    }
}

/// Collects the blocks of a `Sequential`.
@resultBuilder
public enum SequentialBuilder {
    /// A row of blocks.
    public typealias Row = [any Block<NDArray, NDArray>]
    /// One block.
    public static func buildExpression(_ block: some Block<NDArray, NDArray>) -> Row { [block] }
    /// Several rows.
    public static func buildBlock(_ rows: Row...) -> Row { rows.flatMap { $0 } }
    /// An optional row.
    public static func buildOptional(_ row: Row?) -> Row { row ?? [] }
    /// The first of two rows.
    public static func buildEither(first row: Row) -> Row { row }
    /// The second of two rows.
    public static func buildEither(second row: Row) -> Row { row }
    /// The rows of a loop.
    public static func buildArray(_ rows: [Row]) -> Row { rows.flatMap { $0 } }
}
