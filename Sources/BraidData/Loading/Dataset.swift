import BraidCore
import BraidOperators
public import BraidRuntime

/// Some samples with their labels.
public struct Batch: Sendable {
    /// `[count, …]`.
    public let input: NDArray
    /// `[count]` for classes.
    public let label: NDArray
    /// The number of samples.
    public var count: Int { input.shape[0] }

    /// A batch from its parts.
    /// - Precondition: both have the same first extent.
    public init(input: NDArray, label: NDArray) {
        ArrayError.check(
            input.rank > 0 && label.rank > 0 && input.shape[0] == label.shape[0],
            in: "batch", "a batch of \(input.shape) inputs and \(label.shape) labels")
        self.input = input
        self.label = label
    }
}

/// Samples that can be fetched by number.
public protocol Dataset: Sendable {
    /// The number of samples.
    var count: Int { get }
    /// The samples at `indices`, in that order.
    func batch(at indices: [Int]) -> Batch
}

/// A dataset that is held in two arrays.
public struct ArrayDataset: Dataset {
    /// `[count, …]`.
    public let inputs: NDArray
    /// `[count]` for classes.
    public let labels: NDArray

    /// A dataset from arrays.
    /// - Precondition: both have the same first extent.
    public init(inputs: NDArray, labels: NDArray) {
        ArrayError.check(
            inputs.rank > 0 && labels.rank > 0 && inputs.shape[0] == labels.shape[0],
            in: "dataset", "a dataset of \(inputs.shape) inputs and \(labels.shape) labels")
        self.inputs = inputs
        self.labels = labels
    }

    /// The number of samples.
    public var count: Int { inputs.shape[0] }

    /// The samples at `indices`.
    public func batch(at indices: [Int]) -> Batch {
        let positions = NDArray(indices.map(Int64.init), shape: [indices.count])
        return Batch(
            input: inputs.gathered(at: positions, axis: 0),
            label: labels.gathered(at: positions, axis: 0))
    }
}
