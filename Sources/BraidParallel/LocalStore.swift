import BraidCore
import BraidPlatform
public import BraidRuntime

/// The key-value store within one process. Two neighbours are added as soon as both are computed, while
/// the rest of the backward pass goes on.
public final class LocalStore: KeyValueStore {
    /// How many shards push under each key.
    public let shards: Shards
    private let trees: Locked<[Int: ShardTree]>

    /// An empty store.
    public init(_ shards: Shards) {
        self.shards = shards
        trees = Locked([:])
    }

    /// Adds a shard's array to a key's next sum.
    public func push(_ value: NDArray?, key: Int, shard: Int) {
        let isShard = ArrayError.check(
            (0..<shards.count).contains(shard), in: "local store",
            "there is no shard \(shard) of \(shards.count)")
        if !isShard { return }
        trees.withLock { trees in
            trees[key, default: ShardTree(shards.count)].insert(value, at: shard) {
                // Of sums that wait, those of low keys come first.
                NDArray.sum($0, $1, priority: key == .min ? .max : -key)
            }
        }
    }

    /// The sum of what the shards pushed under a key; nil of nothing, and after a mistake inside
    /// `validating`.
    public func pull(_ key: Int) -> NDArray? {
        let tree = trees.withLock { $0.removeValue(forKey: key) }
        guard let tree, case .present(let sum) = tree.root else {
            ArrayError(
                .invalidState, in: "local store",
                "a sum under key \(key) is pulled before all \(shards.count) shards have pushed"
            ).report()
            return nil
        }
        return sum
    }
}

/// A binary tree over the shards whose shape follows from their number alone: neighbours are added, then
/// neighbours among the sums, and so on; one without a neighbour goes up as it is.
struct ShardTree {
    enum Node {
        case missing
        /// Nil stands for nothing to add.
        case present(NDArray?)
    }

    /// The shards, then the sums of each level up to the root.
    private var levels: [[Node]]

    init(_ count: Int) {
        levels = [Array(repeating: .missing, count: count)]
        while levels.last!.count > 1 {
            levels.append(Array(repeating: .missing, count: (levels.last!.count + 1) / 2))
        }
    }

    var root: Node { levels.last![0] }

    /// Puts a shard's value into its place and makes the sums that are possible now.
    mutating func insert(
        _ value: NDArray?, at shard: Int, sum: (NDArray, NDArray) -> NDArray
    ) {
        guard case .missing = levels[0][shard] else {
            ArrayError(
                .invalidState, in: "local store",
                "shard \(shard) pushes twice under one key before the sum is pulled"
            ).report()
            return
        }
        levels[0][shard] = .present(value)
        var position = shard
        for level in 1..<max(levels.count, 1) {
            let first = position & ~1
            guard case .present(let left) = levels[level - 1][first] else { return }
            var total = left
            if first + 1 < levels[level - 1].count {
                guard case .present(let right) = levels[level - 1][first + 1] else { return }
                if let left, let right {
                    total = sum(left, right)
                } else {
                    total = left ?? right
                }
                levels[level - 1][first + 1] = .present(nil)
            }
            // The sum alone is kept.
            levels[level - 1][first] = .present(nil)
            position /= 2
            levels[level][position] = .present(total)
        }
    }
}
