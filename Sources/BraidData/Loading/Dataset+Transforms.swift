public import BraidCore
public import BraidRuntime

/// Datasets made from others. Nothing is fetched or computed before a batch is asked for, but by
/// `filtered`, which has to look at every sample once.
extension Dataset {
    /// This dataset with every batch passed through `transform`, which keeps the number of samples. It
    /// runs wherever a batch is loaded, on the loader's threads.
    /// - Parameters:
    ///   - inputType: the type of an input afterwards; as before when nil.
    ///   - labelType: in the same way.
    public func mapped(
        inputType: TensorType? = nil, labelType: TensorType? = nil,
        _ transform: @escaping @Sendable (Batch) throws -> Batch
    ) -> MappedDataset<Self> {
        MappedDataset(
            base: self, inputType: inputType ?? self.inputType,
            labelType: labelType ?? self.labelType, transform: transform)
    }

    /// This dataset with every batch of inputs passed through `transform`.
    public func mappedInputs(
        to inputType: TensorType? = nil,
        _ transform: @escaping @Sendable (NDArray) throws -> NDArray
    ) -> MappedDataset<Self> {
        mapped(inputType: inputType) { batch in
            Batch(input: try transform(batch.input), label: batch.label)
        }
    }

    /// The samples at `indices`, in that order.
    /// - Precondition: the indices are in `0..<count`.
    public func samples(at indices: [Int]) -> SubsetDataset<Self> {
        SubsetDataset(base: self, indices: indices)
    }

    /// The first samples, at most `maximumCount`.
    /// - Precondition: `maximumCount` is not negative.
    public func prefix(_ maximumCount: Int) -> SubsetDataset<Self> {
        ArrayError.check(
            maximumCount >= 0, in: "prefix", "the number of samples \(maximumCount) is negative")
        return samples(at: Array(0..<Swift.max(Swift.min(maximumCount, count), 0)))
    }

    /// One of `shardCount` parts that together are the whole: parts in a row, whose sizes differ by at
    /// most one, the larger ones first.
    /// - Precondition: `index` is in `0..<shardCount`.
    public func shard(_ index: Int, of shardCount: Int) -> SubsetDataset<Self> {
        guard shardCount > 0, (0..<shardCount).contains(index) else {
            ArrayError(.invalidValue, in: "shard", "there is no part \(index) of \(shardCount)")
                .report()
            return samples(at: [])
        }
        let (size, rest) = count.quotientAndRemainder(dividingBy: shardCount)
        let start = index * size + Swift.min(index, rest)
        return samples(at: Array(start..<(start + size + (index < rest ? 1 : 0))))
    }

    /// The samples that satisfy a condition, each given as a batch of one. All are fetched now, one after
    /// the other.
    /// - Throws: what the dataset or the condition throws.
    public func filtered(
        where isIncluded: (Batch) throws -> Bool
    ) throws -> SubsetDataset<Self> {
        samples(at: try (0..<count).filter { try isIncluded(batch(at: [$0])) })
    }
}

/// A dataset whose batches pass through a function: see `mapped`.
public struct MappedDataset<Base: Dataset>: Dataset {
    let base: Base
    /// The type of one input after the function.
    public let inputType: TensorType
    /// The type of one label after the function.
    public let labelType: TensorType
    let transform: @Sendable (Batch) throws -> Batch

    /// The number of samples.
    public var count: Int { base.count }

    /// The samples at `indices`, transformed.
    /// - Throws: what the dataset or the function throws.
    public func batch(at indices: [Int]) throws -> Batch {
        try transform(base.batch(at: indices))
    }
}

/// Some samples of a dataset, in an order of their own: see `samples(at:)`.
public struct SubsetDataset<Base: Dataset>: Dataset {
    private let base: Base
    private let indices: [Int]

    init(base: Base, indices: [Int]) {
        let strange = indices.first { !(0..<base.count).contains($0) }
        if let strange {
            ArrayError(
                .invalidIndex, in: "dataset", "there is no sample \(strange) of \(base.count)"
            ).report()
        }
        self.base = base
        self.indices = strange == nil ? indices : []
    }

    /// The number of samples.
    public var count: Int { indices.count }
    /// The type of one input.
    public var inputType: TensorType { base.inputType }
    /// The type of one label.
    public var labelType: TensorType { base.labelType }

    /// The samples at `indices` of this part.
    /// - Throws: what the dataset throws; `ArrayError` when a sample is not there.
    public func batch(at indices: [Int]) throws -> Batch {
        if let strange = indices.first(where: { !self.indices.indices.contains($0) }) {
            throw ArrayError(
                .invalidIndex, in: "dataset", "there is no sample \(strange) of \(count)")
        }
        return try base.batch(at: indices.map { self.indices[$0] })
    }
}
