public import BraidRuntime

/// Sums, by key, of arrays that the shards of a step push: how gradients come together in
/// data-parallel training (after the key-value store of Apache MXNet; Li et al., "Scaling Distributed
/// Machine Learning with the Parameter Server", OSDI 2014).
///
/// A key's sum is the same, bit for bit, whoever pushes and in whatever order. Low keys go first among
/// sums that are ready: they belong to the layers that the next forward pass needs first.
public protocol KeyValueStore: Sendable {
    /// How many shards push under each key.
    var shards: Shards { get }
    /// Adds a shard's array to a key's next sum; nil for a shard without samples. Returns at once.
    /// - Precondition: the shard has not pushed under the key since its last `pull`, and the arrays of a
    ///   key have one type.
    func push(_ value: NDArray?, key: Int, shard: Int)
    /// The sum of what the shards pushed under a key; nil when all were without samples. Returns at
    /// once, and the key is ready for the next sum.
    /// - Precondition: every shard has pushed under the key.
    func pull(_ key: Int) -> NDArray?
}
