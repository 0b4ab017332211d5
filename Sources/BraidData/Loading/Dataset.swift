public import BraidCore
import BraidOperators
public import BraidRuntime

/// Samples that can be fetched by number.
///
/// A dataset that fetches its samples one by one, say from files, is a `SampleDataset`.
public protocol Dataset: Sendable {
    /// The number of samples.
    var count: Int { get }
    /// The type of one sample's input; a batch of them has one more axis in front.
    var inputType: TensorType { get }
    /// The type of one sample's label; a class has shape [].
    var labelType: TensorType { get }
    /// The samples at `indices`, in that order. Loaders call it on several threads at a time.
    ///
    /// Random operators draw from a source that the loader's seed, the epoch and the batch alone decide.
    /// - Throws: why a sample cannot be had.
    func batch(at indices: [Int]) throws -> Batch
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
    /// The type of one input.
    public var inputType: TensorType { inputs.sampleType }
    /// The type of one label.
    public var labelType: TensorType { labels.sampleType }

    /// The samples at `indices`.
    public func batch(at indices: [Int]) -> Batch {
        let positions = NDArray(indices.map(Int64.init), shape: [indices.count])
        return Batch(
            input: inputs.gathered(at: positions, axis: 0),
            label: labels.gathered(at: positions, axis: 0))
    }
}

extension NDArray {
    /// The type of a row.
    var sampleType: TensorType { TensorType(dtype, shape.removing(0)) }
}

extension TensorType {
    /// The type of `count` samples of this type.
    func batch(of count: Int) -> TensorType { TensorType(dtype, shape.inserting(count, at: 0)) }
}
