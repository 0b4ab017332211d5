import Braid
import BraidCommandLine

/// The accuracy of a trained network, and what it makes of a few digits.
struct Evaluation {
    let file: String
    let digits: Digits
    /// How many digits are drawn.
    private static let drawnCount = 4

    /// What the file holds: scores of the classes for images.
    private struct Classifier {
        let name: String
        /// How many images a call takes; the last call of a pass may get fewer.
        let batchSize: Int
        let scores: (NDArray) -> NDArray
    }

    func run(_ reporter: any Reporter) throws {
        let parameters = try ParameterFile(path: file)
        let classifier =
            parameters.isModelFile ? try model() : try network(with: parameters)

        var accuracy = Accuracy()
        var predicted: [Int64] = []
        for batch in DataLoader(digits.test, batchSize: classifier.batchSize) {
            try Interrupt.check()
            let scores = classifier.scores(batch.input)
            accuracy.update(scores, batch.label)
            if predicted.count < Self.drawnCount {
                predicted += try scores.argmax(over: 1).scalars(as: Int64.self)
            }
        }
        let drawn = Array(0..<Self.drawnCount)
        let labels = try digits.test.batch(at: drawn).label.cast(to: .i64).scalars(as: Int64.self)
        reporter.evaluated(
            model: classifier.name, testAccuracy: try accuracy.value(),
            samples: drawn.map {
                Prediction(
                    drawing: digits.drawing(ofTestSample: $0), predicted: Int(predicted[$0]),
                    label: Int(labels[$0]))
            })
    }

    /// The graph in a model file, whatever network it was traced from.
    private func model() throws -> Classifier {
        let model = try Model(contentsOfFile: file)
        let image = TensorType(.f32, [1, 1, digits.height, digits.width])
        let scores = TensorType(.f32, [1, digits.classes])
        let (inputs, outputs) = (model.signature.inputs, model.signature.outputs)
        guard inputs.map(\.type) == [image], outputs.map(\.type) == [scores] else {
            func list(_ entries: [ModelSignature.Entry]) -> String {
                entries.isEmpty
                    ? "nothing" : entries.map { "'\($0.name)' \($0.type)" }.joined(separator: ", ")
            }
            throw ModelFileError(
                .mismatch, path: file,
                "the model takes \(list(inputs)) and gives \(list(outputs)); a model of digits takes "
                    + "one \(image) and gives one \(scores)")
        }
        return Classifier(name: model.metadata["model"] ?? file, batchSize: 1) { model([$0])[0] }
    }

    /// A network of this program with the parameters in a file.
    private func network(with parameters: ParameterFile) throws -> Classifier {
        let name = try modelName(parameters)
        let network = name.network(
            height: digits.height, width: digits.width, classes: digits.classes)
        // One call tells the layers their input widths, which the file must then match.
        _ = network(digits.test.batch(at: [0]).input)
        try network.loadParameters(from: parameters)
        return Classifier(name: name.rawValue, batchSize: 256) { network($0) }
    }

    private func modelName(_ parameters: ParameterFile) throws(ModelFileError) -> ModelName {
        let known = ModelName.allCases.map(\.rawValue).joined(separator: ", ")
        guard let name = parameters.metadata("model") else {
            throw ModelFileError(
                .invalidMetadata, path: file,
                "neither a model file, as train --output writes, nor parameters whose metadata say "
                    + "what 'model' they belong to (one of \(known))")
        }
        guard let model = ModelName(rawValue: name) else {
            throw ModelFileError(
                .invalidMetadata, path: file,
                "its metadata name the model '\(name)'; expected one of \(known)")
        }
        return model
    }
}
