/// A run of items cut into pieces of equal length, for `KernelContext.parallelFor`. The cut follows
/// from counts and costs alone, never from the number of workers.
struct Pieces {
    /// Scalar operations below which a piece is not worth the hand-over to another thread.
    private static let smallestCost = 1 << 17
    /// Bounds the scratch of operators that need some per piece.
    static let limit = 64

    /// The number of pieces.
    let count: Int
    /// Items per piece; the last may have fewer.
    let length: Int
    /// The number of items.
    let total: Int

    /// Pieces of `total` items that take about `cost` scalar operations each; a piece has a multiple
    /// of `unit` items.
    init(_ total: Int, cost: Int, unit: Int = 1) {
        let wanted = Pieces.worthwhile(saturatingProduct(total, cost))
        self.init(total, atMost: wanted, unit: unit)
    }

    /// At most `wanted` pieces of `total` items, each a multiple of `unit`.
    init(_ total: Int, atMost wanted: Int, unit: Int = 1) {
        let units = (total + unit - 1) / unit
        let share = (units + wanted - 1) / wanted
        length = max(share * unit, 1)
        count = (total + length - 1) / length
        self.total = total
    }

    /// How many pieces work of so many scalar operations is worth.
    static func worthwhile(_ cost: Int) -> Int { max(1, min(limit, cost / smallestCost)) }

    /// The items of one piece.
    subscript(piece: Int) -> Range<Int> {
        piece * length..<min((piece + 1) * length, total)
    }
}

/// The product of two counts, or the largest `Int` where it would be larger.
package func saturatingProduct(_ a: Int, _ b: Int) -> Int {
    let (product, overflow) = a.multipliedReportingOverflow(by: b)
    return overflow ? .max : product
}
