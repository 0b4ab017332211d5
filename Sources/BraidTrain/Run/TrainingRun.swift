import Braid
import Foundation

/// One training from first weights to the file.
struct TrainingRun {
    let model: ModelName
    let epochs: Int
    let batchSize: Int
    let optimizer: Optimizer
    let seed: UInt64
    let output: String?
    let digits: Digits

    func run(_ reporter: any Reporter) throws {
        if let output { try ParameterFile.checkWritable(output) }
        RandomSource.seed(seed)
        let network = model.network(
            height: digits.height, width: digits.width, classes: digits.classes)
        let trainer = Trainer(network.parameters, optimizer)
        let loader = DataLoader(
            digits.training, batchSize: batchSize, shuffled: true, seed: seed)
        reporter.started(
            model: model.rawValue, trainingCount: digits.training.count,
            testCount: digits.test.count, threads: Runtime.engine.threads)

        let clock = ContinuousClock()
        var trained = 0
        var trainingTime = Duration.zero
        var accuracy = 0.0
        for epoch in 1...epochs {
            let start = clock.now
            var loss = MeanLoss()
            var seen = Accuracy()
            for (index, batch) in loader.enumerated() {
                try Interrupt.check()
                let (losses, scores) = Autograd.record {
                    let scores = network(batch.input)
                    return (softmaxCrossEntropy(scores, batch.label), scores)
                }
                losses.backward()
                trainer.step(batchSize: batch.count)
                loss.update(losses)
                seen.update(scores, batch.label)
                trained += batch.count
                if reporter.wantsBatch(index + 1, of: loader.batchCount) {
                    let time = (trainingTime + (clock.now - start)).seconds
                    reporter.batch(
                        Progress(
                            epoch: epoch, epochs: epochs, batch: index + 1,
                            batches: loader.batchCount, loss: try loss.value(),
                            accuracy: try seen.value(), samplesPerSecond: Double(trained) / time))
                }
            }
            let meanLoss = try loss.value()
            trainingTime += clock.now - start
            accuracy = try network.accuracy(on: digits.test)
            reporter.epoch(
                Progress(
                    epoch: epoch, epochs: epochs, batch: loader.batchCount,
                    batches: loader.batchCount, loss: meanLoss, accuracy: try seen.value(),
                    samplesPerSecond: Double(trained) / trainingTime.seconds),
                testAccuracy: accuracy)
        }
        if let output {
            try network.saveParameters(
                to: output, metadata: [("data", "digits"), ("model", model.rawValue)])
        }
        reporter.finished(
            model: model.rawValue, testAccuracy: accuracy,
            samplesPerSecond: Double(trained) / trainingTime.seconds, output: output)
    }
}

extension Block<NDArray, NDArray> {
    /// The share of `dataset` that this network gets right, in prediction mode.
    func accuracy(on dataset: some Dataset) throws -> Double {
        var accuracy = Accuracy()
        for batch in DataLoader(dataset, batchSize: 256) {
            accuracy.update(forward(batch.input), batch.label)
        }
        return try accuracy.value()
    }
}

extension Duration {
    /// Seconds as a floating-point number.
    var seconds: Double { self / .seconds(1) }
}
