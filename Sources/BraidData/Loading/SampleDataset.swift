import BraidCore
import BraidOperators
public import BraidRuntime

/// A dataset that fetches its samples one by one; batches are stacked from them.
///
/// ```swift
/// struct Recordings: SampleDataset {
///     let files: [(path: String, speaker: Int64)]
///     var count: Int { files.count }
///     let inputType = TensorType(.f32, [16_000])
///     let labelType = TensorType(.i64, [])
///     func sample(at index: Int) throws -> LabeledSample {
///         LabeledSample(input: try NPYFile.read(files[index].path), label: NDArray(files[index].speaker))
///     }
/// }
/// ```
public protocol SampleDataset: Dataset {
    /// The sample of a number; its arrays have the types `inputType` and `labelType`.
    /// - Throws: why it cannot be had.
    func sample(at index: Int) throws -> LabeledSample
}

/// One sample with its label.
public struct LabeledSample: Sendable {
    /// What a network takes, without a batch axis.
    public let input: NDArray
    /// What it should say; shape [] for a class.
    public let label: NDArray

    /// A sample from its parts.
    public init(input: NDArray, label: NDArray) {
        self.input = input
        self.label = label
    }
}

/// A sample that a dataset could not fetch.
public struct SampleError: Error, CustomStringConvertible {
    /// The number of the sample.
    public let index: Int
    /// What the dataset threw.
    public let underlying: any Error

    /// As `sample 17: /data/17.npy: no such file`.
    public var description: String { "sample \(index): \(underlying)" }
}

extension SampleDataset {
    /// The samples at `indices`, stacked.
    /// - Throws: `SampleError` for the first of them that cannot be had.
    public func batch(at indices: [Int]) throws -> Batch {
        if indices.isEmpty {
            return Batch(
                input: .zeros(inputType.batch(of: 0).shape, dtype: inputType.dtype),
                label: .zeros(labelType.batch(of: 0).shape, dtype: labelType.dtype))
        }
        let samples = try indices.map { index in
            do {
                let sample = try sample(at: index)
                try check(sample)
                return sample
            } catch {
                throw SampleError(index: index, underlying: error)
            }
        }
        return Batch(input: stacked(samples.map(\.input)), label: stacked(samples.map(\.label)))
    }

    private func check(_ sample: LabeledSample) throws {
        guard sample.input.type == inputType, sample.label.type == labelType else {
            throw DatasetTypeError(
                given: [sample.input.type, sample.label.type], expected: [inputType, labelType])
        }
    }
}
