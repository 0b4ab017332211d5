import BraidCore
import BraidOperators

/// In which order a loader goes through the samples of a dataset.
public protocol Sampler: Sendable {
    /// How many samples an epoch over a dataset of `count` samples has; `count` unless said otherwise.
    func sampleCount(of count: Int) -> Int
    /// The samples of an epoch, in order: `sampleCount(of:)` numbers in `0..<count`. They follow from
    /// the arguments alone.
    func samples(of count: Int, epoch: Int) -> [Int]
}

extension Sampler {
    /// How many samples an epoch has: all.
    public func sampleCount(of count: Int) -> Int { count }
}

/// The samples as they stand.
public struct SequentialSampler: Sampler {
    /// The order of the dataset.
    public init() {}

    /// All samples in order.
    public func samples(of count: Int, epoch: Int) -> [Int] { numbers(below: count) }
}

/// Every epoch in an order of its own, which follows from the seed and the epoch's number.
public struct RandomSampler: Sampler {
    private let seed: UInt64

    /// Orders that the seed decides; it is drawn from `RandomSource` when nil.
    public init(seed: UInt64? = nil) { self.seed = seed ?? RandomSource.drawnSeed() }

    /// All samples, each order equally likely.
    public func samples(of count: Int, epoch: Int) -> [Int] {
        var order = numbers(below: count)
        var generator = SplitMix64(seed: seed, stream: UInt64(bitPattern: Int64(epoch)))
        generator.shuffle(&order)
        return order
    }
}

/// All samples as they stand; none after a mistake inside `validating`.
private func numbers(below count: Int) -> [Int] {
    ArrayError.check(
        (0..<(1 << 32)).contains(count), in: "sampler",
        "the count \(count) of samples is out of range; expected 0..<2^32")
        ? Array(0..<count) : []
}

extension RandomSource {
    /// A seed for what is no array, as orders of samples: another one at every draw, the same after the
    /// same `seed(_:)`.
    static func drawnSeed() -> UInt64 {
        let (key, offset) = draw()
        var generator = SplitMix64(
            seed: UInt64(bitPattern: key), stream: UInt64(bitPattern: offset))
        return generator.next()
    }
}
