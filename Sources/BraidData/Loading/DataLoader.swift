import BraidCore
import BraidOperators
import BraidPlatform

/// The batches of a dataset, epoch by epoch.
///
/// Each `for` loop over the loader is one epoch. With `shuffled` the order follows from the seed and
/// the epoch's number alone. A loader without a seed of its own draws one from `RandomSource` when it is
/// made, so that every loader has other orders, and the same program the same ones. With `workers` batches
/// are loaded ahead, on the engine's io lane; their order and contents are the same for any number of
/// workers.
///
/// A sample that cannot be loaded does not end the loop: the arrays of its batch report the failure, with
/// what the dataset threw, wherever they or what is computed from them is read. A loop that ends early
/// leaves nothing behind: what was being loaded is dropped when it is there.
///
/// ```swift
/// for batch in DataLoader(dataset, batchSize: 64, shuffled: true, workers: 2) { … }
/// ```
public final class DataLoader: Sequence, Sendable {
    /// What happens to the samples that do not fill a batch.
    public enum LastBatch: Hashable, Sendable {
        /// They make a smaller batch.
        case keep
        /// They are left out.
        case discard
        /// They come first in the next epoch.
        case rollover
    }

    private struct State {
        /// The number of epochs that were started.
        var epochCount = 0
        /// Samples that wait for the next epoch.
        var leftover: [Int] = []
    }

    private let dataset: any Dataset
    private let batchSize: Int
    private let sampler: any Sampler
    private let seed: UInt64
    private let lastBatch: LastBatch
    private let workers: Int
    private let prefetch: Int
    private let state = Locked(State())

    /// A loader that goes through the samples in order, or in a random order.
    /// - Parameters:
    ///   - shuffled: whether every epoch has an order of its own.
    ///   - seed: decides those orders, and what the dataset draws; drawn from `RandomSource` when nil.
    ///   - workers: how many batches are loaded at a time while others are used; with 0 each is loaded
    ///     when the loop asks for it.
    ///   - prefetch: how many batches are loaded ahead; twice as many as workers when nil.
    /// - Precondition: `batchSize` is positive, `workers` is not negative, and `prefetch`, which goes with
    ///   workers only, is positive.
    public convenience init(
        _ dataset: some Dataset, batchSize: Int, shuffled: Bool = false, seed: UInt64? = nil,
        lastBatch: LastBatch = .keep, workers: Int = 0, prefetch: Int? = nil,
        fileID: StaticString = #fileID, line: UInt = #line
    ) {
        let seed = seed ?? RandomSource.drawnSeed()
        let sampler: any Sampler = shuffled ? RandomSampler(seed: seed) : SequentialSampler()
        self.init(
            dataset, batchSize: batchSize, sampler: sampler, seed: seed, lastBatch: lastBatch,
            workers: workers, prefetch: prefetch, fileID: fileID, line: line)
    }

    /// A loader with a sampler that decides which samples come when.
    /// - Parameters: as of the other initialiser.
    /// - Precondition: as of the other initialiser.
    public init(
        _ dataset: some Dataset, batchSize: Int, sampler: some Sampler, seed: UInt64? = nil,
        lastBatch: LastBatch = .keep, workers: Int = 0, prefetch: Int? = nil,
        fileID: StaticString = #fileID, line: UInt = #line
    ) {
        func check(_ condition: Bool, _ message: @autoclosure () -> String) {
            ArrayError.check(condition, in: "data loader", message(), fileID, line)
        }
        check(batchSize > 0, "the batchSize \(batchSize) is not positive")
        check(workers >= 0, "the number of workers \(workers) is negative")
        check(
            prefetch.map { $0 > 0 && workers > 0 } ?? true,
            "the prefetch \(prefetch ?? 0) is not positive, or there are no workers, \(workers), for it"
        )
        self.dataset = dataset
        self.batchSize = Swift.max(batchSize, 1)
        self.sampler = sampler
        self.seed = seed ?? RandomSource.drawnSeed()
        self.lastBatch = lastBatch
        self.workers = Swift.max(workers, 0)
        // Also after a mistake inside `validating`: what is loaded ahead needs a worker and a place.
        self.prefetch =
            self.workers == 0 ? 0 : Swift.max(prefetch ?? saturatingProduct(2, workers), 1)
    }

    /// The number of batches of the next epoch.
    public var batchCount: Int {
        let sampleCount = sampler.sampleCount(of: dataset.count)
        return switch lastBatch {
        case .keep: EpochPlan.batchCount(of: sampleCount, by: batchSize)
        case .discard: sampleCount / batchSize
        case .rollover: (state.withLock { $0.leftover.count } + sampleCount) / batchSize
        }
    }

    /// The batches of the next epoch.
    public func makeIterator() -> BatchIterator {
        let epoch = state.withLock { state in
            defer { state.epochCount += 1 }
            return state.epochCount
        }
        // Outside the lock: samplers and datasets are the user's, and may ask the loader in turn.
        let samples = samples(of: epoch)
        let order = state.withLock { samplesOfBatches(samples, &$0.leftover) }
        let plan = EpochPlan(
            dataset: dataset, order: order, batchSize: batchSize, seed: seed, epoch: epoch)
        return BatchIterator(plan, workers: workers, prefetch: prefetch)
    }

    private func samples(of epoch: Int) -> [Int] {
        let count = dataset.count
        let order = sampler.samples(of: count, epoch: epoch)
        let isOrder = ArrayError.check(
            order.count == sampler.sampleCount(of: count) && order.allSatisfy((0..<count).contains),
            in: "data loader",
            "the sampler gives \(order.count) samples, or such as are not there; expected "
                + "\(sampler.sampleCount(of: count)) of 0..<\(count)")
        return isOrder ? order : []
    }

    /// The samples that batches are made of, before what is left over.
    private func samplesOfBatches(_ samples: [Int], _ leftover: inout [Int]) -> [Int] {
        switch lastBatch {
        case .keep: return samples
        case .discard: return samples.dropLast(samples.count % batchSize)
        case .rollover:
            let samples = leftover + samples
            leftover = samples.suffix(samples.count % batchSize)
            return samples.dropLast(leftover.count)
        }
    }
}
