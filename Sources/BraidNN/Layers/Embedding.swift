public import BraidCore
public import BraidOperators
public import BraidRuntime

/// A vector for each number of a vocabulary: rows of a matrix, looked up.
///
/// Takes indices `[…]` of any integer dtype, returns `[…, width]`; `weight` is `[vocabulary, width]`. An
/// index outside `0..<vocabulary` is an error that every read of the vectors reports, unless the `mode`
/// says otherwise. The gradient is a sum over the indices in their order.
public struct Embedding: Block {
    /// `[vocabulary, width]`.
    @Parameter public var weight: NDArray
    /// What an index outside the vocabulary means.
    public let mode: IndexMode

    /// A layer with a vector of `width` elements for each of `vocabulary` numbers.
    /// - Parameter mode: what an index outside the vocabulary means.
    /// - Precondition: `vocabulary` is at least 1.
    public init(
        _ vocabulary: Int, width: Int, initializer: Initializer = .normal(standardDeviation: 1),
        dtype: DType = .f32, mode: IndexMode = .checked, fileID: StaticString = #fileID,
        line: UInt = #line
    ) {
        let check = ArgumentCheck("embedding", fileID, line)
        let vocabulary = check.extent(vocabulary, "vocabulary")
        let width = check.extent(width, "width", isEmptyAllowed: true)
        self.mode = mode
        _weight = Parameter([vocabulary, width], dtype: dtype, initializer: initializer)
    }

    /// Looks the vectors up.
    public func forward(_ indices: NDArray) -> NDArray {
        guard indices.dtype.isInteger else {
            ArrayError(
                .unsupportedType, in: "embedding",
                "takes indices of an integer dtype, not \(indices.type)"
            ).report()
            return indices
        }
        return weight.gathered(
            at: indices.dtype == .i32 ? indices : indices.cast(to: .i64), axis: 0, mode: mode)
    }
}
