import BraidCore
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
