import BraidCore

/// The batches of a dataset, epoch by epoch.
///
/// Each `for` loop over the loader is one epoch. With `shuffled` the order follows from the seed and
/// the epoch's number alone.
public final class DataLoader: Sequence, Sendable {
    /// What happens to the samples that do not fill a batch.
    public enum LastBatch: Hashable, Sendable {
        /// They make a smaller batch.
        case keep
        /// They are left out.
        case discard
    }

    private let dataset: any Dataset
    private let batchSize: Int
    private let seed: UInt64?
    private let lastBatch: LastBatch
    private let epoch = EpochCounter()

    /// A loader.
    /// - Parameters:
    ///   - shuffled: whether every epoch has an order of its own.
    ///   - seed: decides those orders.
    /// - Precondition: `batchSize` is positive.
    public init(
        _ dataset: some Dataset, batchSize: Int, shuffled: Bool = false, seed: UInt64 = 0,
        lastBatch: LastBatch = .keep
    ) {
        ArrayError.check(
            batchSize > 0, in: "data loader", "the batch size \(batchSize) is not positive")
        self.dataset = dataset
        self.batchSize = batchSize
        self.seed = shuffled ? seed : nil
        self.lastBatch = lastBatch
    }

    /// The number of batches of an epoch.
    public var batchCount: Int {
        switch lastBatch {
        case .keep: (dataset.count + batchSize - 1) / batchSize
        case .discard: dataset.count / batchSize
        }
    }

    /// The batches of the next epoch.
    public func makeIterator() -> AnyIterator<Batch> {
        let epoch = epoch.next()
        var order = Array(0..<dataset.count)
        if let seed {
            var generator = SplitMix64(seed: seed, stream: epoch)
            generator.shuffle(&order)
        }
        let (dataset, batchSize, batchCount) = (dataset, batchSize, batchCount)
        var next = 0
        return AnyIterator {
            guard next < batchCount else { return nil }
            defer { next += 1 }
            let end = Swift.min((next + 1) * batchSize, order.count)
            return dataset.batch(at: Array(order[(next * batchSize)..<end]))
        }
    }
}
