import BraidCore
import BraidEngine
import BraidOperators
import BraidRuntime

/// The batches of one epoch: which samples each has, and how it is loaded.
struct EpochPlan: Sendable {
    let dataset: any Dataset
    /// The samples of all batches, one after the other.
    let order: [Int]
    let batchSize: Int
    let seed: UInt64
    /// Counted from 0.
    let epoch: Int

    var batchCount: Int { Self.batchCount(of: order.count, by: batchSize) }

    /// How many batches so many samples make; a batch may be larger than all of them.
    static func batchCount(of sampleCount: Int, by batchSize: Int) -> Int {
        sampleCount / batchSize + (sampleCount % batchSize == 0 ? 0 : 1)
    }

    /// What errors and reports call the loading of a batch.
    func label(_ batch: Int) -> String { "load batch \(batch + 1) of epoch \(epoch + 1)" }

    private func samples(_ batch: Int) -> ArraySlice<Int> {
        order[(batch * batchSize)...].prefix(batchSize)
    }

    /// Loads a batch, on whatever thread: nothing of the caller's scopes is seen by the dataset, and what
    /// it draws follows from the batch.
    /// - Throws: what the dataset throws; `ArrayError`, the first mistake of its code; `DatasetTypeError`
    ///   when it returns other types than it says.
    func load(_ batch: Int) throws -> Batch {
        let samples = Array(samples(batch))
        let key = SplitMix64(seed: seed, stream: UInt64(epoch)).key(UInt64(batch))
        // As in a job, so that it is the same for every number of workers.
        let loaded = try JobContext.outside {
            try RandomSource.withSource(key: key) { try dataset.batch(at: samples) }
        }
        let given = [loaded.input.type, loaded.label.type]
        guard given == types(samples.count) else {
            throw DatasetTypeError(given: given, expected: types(samples.count))
        }
        return loaded
    }

    /// What stands for a batch that could not be loaded.
    func failedBatch(_ batch: Int, _ error: any Error) -> Batch {
        let arrays = NDArray.failed(
            types(samples(batch).count), label: label(batch), error)
        return Batch(input: arrays[0], label: arrays[1])
    }

    private func types(_ count: Int) -> [TensorType] {
        [dataset.inputType, dataset.labelType].map { $0.batch(of: count) }
    }
}
