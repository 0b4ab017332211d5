import BraidCore

/// The logical shards of global batches: a batch is cut into so many parts, whoever computes them, and
/// sums over them have one fixed order. So results follow from the number of shards and not from the
/// number of workers.
public struct Shards: Hashable, Sendable {
    /// The number of shards.
    public let count: Int

    /// So many shards.
    /// - Precondition: `count` is in `1...1024`; after a mistake inside `validating` there is one.
    public init(_ count: Int) {
        let isPossible = ArrayError.check(
            (1...1024).contains(count), in: "shards",
            "the number of shards must be in 1...1024, not \(count)")
        self.count = isPossible ? count : 1
    }

    /// The samples of a shard in a batch: parts that differ by at most one sample, in order. They are
    /// empty for some shards when the batch has fewer samples than there are shards.
    /// - Precondition: `shard` is in `0..<count`, and `batchSize` is not negative and below 2^53.
    public func samples(of shard: Int, batchSize: Int) -> Range<Int> {
        guard
            ArrayError.check(
                (0..<count).contains(shard), in: "shards", "there is no shard \(shard) of \(count)"),
            ArrayError.check(
                (0..<(1 << 53)).contains(batchSize), in: "shards",
                "the batchSize \(batchSize) is out of range; expected 0..<2^53")
        else { return 0..<0 }
        return (shard * batchSize / count)..<((shard + 1) * batchSize / count)
    }
}
