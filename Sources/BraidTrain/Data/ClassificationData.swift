public import Braid

/// Samples of classes, to learn from and to test with: what `train` trains on.
///
/// Networks are built for the type of its inputs and the number of its classes.
public struct ClassificationData: Sendable {
    /// The samples to learn from; labels are integers of shape [] in `0..<classes`.
    public let training: any Dataset
    /// The samples to test with, of the same types.
    public let test: any Dataset
    /// The number of classes.
    public let classes: Int

    /// Data from their parts.
    /// - Throws: `ArrayError` when the parts do not fit together.
    public init(
        training: some Dataset, test: some Dataset, classes: Int
    ) throws(ArrayError) {
        self.training = training
        self.test = test
        self.classes = classes
        let types = { (data: any Dataset) in "inputs \(data.inputType), labels \(data.labelType)" }
        guard training.inputType == test.inputType, training.labelType == test.labelType else {
            throw ArrayError(
                .shapeMismatch, in: "classification data",
                "\(types(training)) to learn from, but \(types(test)) to test with")
        }
        guard training.labelType.rank == 0, training.labelType.dtype.isInteger else {
            throw ArrayError(
                .unsupportedType, in: "classification data",
                "\(types(training)); labels must be integers of shape []")
        }
        guard classes > 0, training.count > 0, test.count > 0 else {
            throw ArrayError(
                .invalidValue, in: "classification data",
                "\(training.count) samples to learn from, \(test.count) to test with, \(classes) "
                    + "classes; there must be at least one of each")
        }
    }

    /// The type of one input.
    public var inputType: TensorType { training.inputType }
    /// The type of a single input as a batch.
    var singleInputType: TensorType {
        TensorType(inputType.dtype, inputType.shape.inserting(1, at: 0))
    }
}
