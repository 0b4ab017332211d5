import Braid

/// The accuracy of a trained network, and what it makes of a few digits.
struct Evaluation {
    let file: String
    let digits: Digits
    /// How many digits are drawn.
    private static let drawnCount = 4

    func run(_ reporter: any Reporter) throws {
        let parameters = try ParameterFile(path: file)
        let model = try modelName(parameters)
        let network = model.network(
            height: digits.height, width: digits.width, classes: digits.classes)
        // One call tells the layers their input widths, which the file must then match.
        let first = digits.test.batch(at: Array(0..<Self.drawnCount))
        _ = network(first.input)
        try network.loadParameters(from: parameters)

        let accuracy = try network.accuracy(on: digits.test)
        let predicted = try network(first.input).argmax(over: 1).scalars(as: Int64.self)
        let labels = try first.label.cast(to: .i64).scalars(as: Int64.self)
        let drawings = (0..<Self.drawnCount).map { digits.drawing(ofTestSample: $0) }
        reporter.evaluated(
            model: model.rawValue, testAccuracy: accuracy,
            samples: (0..<Self.drawnCount).map {
                Prediction(
                    drawing: drawings[$0], predicted: Int(predicted[$0]), label: Int(labels[$0]))
            })
    }
    private func modelName(_ parameters: ParameterFile) throws(ModelFileError) -> ModelName {
        let known = ModelName.allCases.map(\.rawValue).joined(separator: ", ")
        guard let name = parameters.metadata("model") else {
            throw ModelFileError(
                .invalidMetadata, path: file,
                "its metadata do not say what 'model' it is; expected one of \(known), as train "
                    + "--output writes")
        }
        guard let model = ModelName(rawValue: name) else {
            throw ModelFileError(
                .invalidMetadata, path: file,
                "its metadata name the model '\(name)'; expected one of \(known)")
        }
        return model
    }
}
