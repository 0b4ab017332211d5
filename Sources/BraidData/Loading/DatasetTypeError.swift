public import BraidCore

/// Arrays of other types than their dataset says it has.
public struct DatasetTypeError: Error, Hashable, CustomStringConvertible {
    /// The types of the input and the label that came.
    public let given: [TensorType]
    /// Those that the dataset declares.
    public let expected: [TensorType]

    /// As `the dataset gave an input f32[3] and a label i64[]; it declares f32[4] and i64[]`.
    public var description: String {
        "the dataset gave an input \(given[0]) and a label \(given[1]); it declares "
            + "\(expected[0]) and \(expected[1])"
    }
}
