import Braid
import BraidCommandLine

/// The accuracy of a trained network, and what it makes of a few test samples.
struct Evaluation {
    let file: String
    let networks: [NamedNetwork]
    let data: ClassificationData
    /// The data's name, or where they lie.
    let dataName: String
    /// Whether scores that are no numbers are none the less classes.
    let allowsNaN: Bool
    /// How many samples are shown, at most.
    private static let shownCount = 4
    /// What their drawings may take together.
    private static let columns = 80

    /// What the file holds: scores of the classes.
    private struct Classifier {
        let name: String
        /// How many samples a call takes; the last call of a pass may get fewer.
        let batchSize: Int
        let scores: (NDArray) -> NDArray
    }

    func run(_ reporter: any Reporter) throws {
        let parameters = try ParameterFile(path: file)
        let classifier =
            parameters.isModelFile ? try model(in: parameters) : try network(with: parameters)

        var accuracy = TestAccuracy()
        var predicted: [Int64] = []
        // Nothing would be lost: here, an interrupt ends the process at once.
        for batch in DataLoader(data.test, batchSize: classifier.batchSize, seed: 0, workers: 1) {
            let scores = classifier.scores(batch.input)
            accuracy.update(scores, batch.label)
            if predicted.count < Self.shownCount {
                predicted += try scores.argmax(over: 1).scalars(as: Int64.self)
            }
        }
        if let problem = try accuracy.problem() {
            guard allowsNaN else {
                throw TrainingFailure(
                    description:
                        "\(shellQuoted(file)): \(problem), so that there "
                        + "is no accuracy; look at the weights and at the numbers in the data; --allow-nan "
                        + "prints it all the same")
            }
            reporter.warn(problem)
        }
        reporter.evaluated(
            model: classifier.name, testAccuracy: try accuracy.value(),
            samples: try shown(predicted))
    }

    /// The first samples, as many as have room beside each other.
    private func shown(_ predicted: [Int64]) throws -> [Prediction] {
        let count = min(Self.shownCount, data.test.count)
        let batch = try data.test.batch(at: Array(0..<count))
        let labels = try batch.label.cast(to: .i64).scalars(as: Int64.self)
        let predictions = try (0..<count).map {
            Prediction(
                drawing: try ImageDrawing.lines(of: batch.input[$0]) ?? [],
                predicted: Int(predicted[$0]), label: Int(labels[$0]))
        }
        let width = (predictions.first?.drawing.first?.count ?? 0) + Prediction.gap
        return Array(predictions.prefix(max(1, Self.columns / width)))
    }

    /// The graph in a model file, whatever network it was traced from.
    private func model(in parameters: ParameterFile) throws -> Classifier {
        let model = try Model(parameters.file)
        let image = data.singleInputType
        let scores = TensorType(.f32, [1, data.classes])
        let (inputs, outputs) = (model.signature.inputs, model.signature.outputs)
        guard inputs.map(\.type) == [image], outputs.map(\.type) == [scores] else {
            func list(_ entries: [ModelSignature.Entry]) -> String {
                entries.isEmpty
                    ? "nothing" : entries.map { "'\($0.name)' \($0.type)" }.joined(separator: ", ")
            }
            throw ModelFileError(
                .mismatch, path: file,
                "the model takes \(list(inputs)) and gives \(list(outputs)); a model of \(dataName) "
                    + "takes one \(image) and gives one \(scores)")
        }
        return Classifier(name: model.metadata["model"] ?? file, batchSize: 1) { model([$0])[0] }
    }

    /// A network of this program with the parameters in a file.
    private func network(with parameters: ParameterFile) throws -> Classifier {
        let entry = try entry(parameters)
        // Its layers know their input widths then, which the file must match.
        let network = try entry.classifier(of: data)
        try network.loadParameters(from: parameters)
        return Classifier(name: entry.name, batchSize: 256) { network([$0])[0] }
    }

    private func entry(_ parameters: ParameterFile) throws(ModelFileError) -> NamedNetwork {
        let known = networks.map(\.name).joined(separator: ", ")
        guard let name = parameters.metadata("model") else {
            throw ModelFileError(
                .invalidMetadata, path: file,
                "neither a model file, as train --output writes, nor parameters whose metadata say "
                    + "what 'model' they belong to (one of \(known))")
        }
        guard let entry = networks.first(where: { $0.name == name }) else {
            throw ModelFileError(
                .invalidMetadata, path: file,
                "its metadata name the model '\(name)'; expected one of \(known)")
        }
        return entry
    }
}
