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
        var step = trees.withLock {
            $0[key, default: ShardTree(shards.count)].insert(
                value, at: .init(level: 0, index: shard))
        }
        // Additions may wait for the engine: no lock is held meanwhile.
        while case .sum(let left, let right, let place) = step {
            // Of sums that wait, those of low keys come first.
            let sum = NDArray.sum(left, right, priority: key == .min ? .max : -key)
            step = trees.withLock { $0[key]?.insert(sum, at: place) ?? .done }
        }
        if case .duplicate = step {
            ArrayError(
                .invalidState, in: "local store",
                "shard \(shard) pushes twice under one key before the sum is pulled"
            ).report()
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

    /// Where a value stands: its level, from the shards on, and its number there.
    struct Place {
        let level: Int
        let index: Int
    }

    /// What there is to do after a value has come.
    enum Step {
        /// Others are missing, or this was the last one.
        case done
        /// There was one already.
        case duplicate
        /// The sum of two is wanted at a place.
        case sum(NDArray, NDArray, Place)
    }

    /// Puts a value into its place, and lets it go up until there is something to add.
    mutating func insert(_ value: NDArray?, at place: Place) -> Step {
        guard case .missing = levels[place.level][place.index] else { return .duplicate }
        var (value, level, index) = (value, place.level, place.index)
        while true {
            levels[level][index] = .present(value)
            let first = index & ~1
            guard level + 1 < levels.count, case .present(let left) = levels[level][first] else {
                return .done
            }
            var right: NDArray?
            if first + 1 < levels[level].count {
                guard case .present(let neighbour) = levels[level][first + 1] else { return .done }
                right = neighbour
                levels[level][first + 1] = .present(nil)
            }
            // The sum alone is kept.
            levels[level][first] = .present(nil)
            (level, index) = (level + 1, first / 2)
            if let left, let right { return .sum(left, right, Place(level: level, index: index)) }
            value = left ?? right
        }
    }
}
