import Braid
import BraidCommandLine
import BraidPlatform

/// One training from first weights to the file.
struct TrainingRun {
    let model: NamedNetwork
    let epochs: Int
    let batchSize: Int
    let optimizer: Optimizer
    let schedule: ScheduleName
    let warmUpSteps: Int
    let clipping: GradientClipping?
    let seed: UInt64
    /// Whether the network runs as compiled graphs; the results are the same.
    let hybridizes: Bool
    /// Into how many shards a batch is cut, and how many of them are computed at a time.
    let shards: Int
    let workers: Int
    /// How many batches are loaded at a time.
    let loaderWorkers: Int
    let output: String?
    /// Whether losses and scores that are no finite numbers are no reason to end the run.
    let allowsNaN: Bool
    let data: ClassificationData
    /// The data's name, or where they lie.
    let dataName: String

    func run(_ reporter: any Reporter) throws {
        if let output {
            try ParameterFile.checkWritable(output)
            Console.leaveStandardOutput(to: [output])
        }
        RandomSource.seed(seed)
        let network = try model.classifier(of: data)
        let loader = DataLoader(
            data.training, batchSize: batchSize, shuffled: true, seed: seed,
            workers: loaderWorkers)
        let trainer = Trainer(
            network.parameters, optimizer,
            schedule: schedule.schedule(steps: epochs * loader.batchCount, warmUp: warmUpSteps),
            clipping: clipping)
        let step = step(network, trainer)
        let predictor: any Block<[NDArray], [NDArray]> =
            hybridizes ? network.hybridized(options: HybridOptions()) : network
        reporter.started(
            model: model.name, data: dataName, trainingCount: data.training.count,
            testCount: data.test.count, threads: Runtime.engine.threads)

        var speed = Speed()
        var watch = LossWatch(
            classes: data.classes, learningRate: optimizer.learningRate, allowsNaN: allowsNaN)
        var testAccuracy = 0.0
        var kept: KeptEpoch?
        do {
            try Interrupt.checked {
                for epoch in 1...epochs {
                    let progress = try train(step, loader, epoch, &watch, &speed, reporter)
                    // For what an interrupt would lose.
                    if output != nil { kept = KeptEpoch(epoch, of: network) }
                    let accuracy = try accuracy(of: predictor)
                    testAccuracy = try accuracy.value()
                    reporter.epoch(progress, testAccuracy: testAccuracy)
                    if let problem = try accuracy.problem() {
                        guard allowsNaN else { throw failure(problem, after: epoch) }
                        reporter.warn(problem)
                    }
                    if !progress.loss.isFinite {
                        reporter.warn(
                            "the loss is not finite any more; try a smaller --learning-rate")
                    }
                }
                if let output, let kept {
                    try Interrupt.withheld(writing: [output]) {
                        try write(network, of: kept, to: output)
                    }
                }
            }
        } catch let interrupt as Interrupt {
            // A stream may wait for its other end, and is nothing that could be kept.
            guard let output, let kept, !FilePlace.isStream(output) else { throw interrupt }
            try Interrupt.keptOff(writing: [output]) { try write(network, of: kept, to: output) }
            throw interrupt.saying(
                "interrupted; wrote \(shellQuoted(output)), the network after epoch \(kept.epoch) of "
                    + "\(epochs)")
        }
        reporter.finished(
            model: model.name, data: dataName, testAccuracy: testAccuracy,
            samplesPerSecond: speed.samplesPerSecond, output: output)
    }

    /// The last steps of an epoch may ruin a network whose losses were numbers all the same.
    private func failure(_ problem: String, after epoch: Int) -> TrainingFailure {
        TrainingFailure(
            description:
                "\(problem) after epoch \(epoch); no file was written; try a smaller "
                + "--learning-rate, --warm-up-steps or --clip-norm; --allow-nan goes on")
    }

    /// Writes the network as it was at the end of an epoch.
    private func write(_ network: AnyBlock, of kept: KeptEpoch, to path: String) throws {
        if !allowsNaN { try kept.check() }
        kept.restore()
        try write(network, to: path)
    }

    /// Writes the network as a model that takes one input.
    private func write(_ network: AnyBlock, to path: String) throws {
        try network.model(
            for: [data.singleInputType], inputNames: ["image"], outputNames: ["scores"],
            metadata: ["model": model.name, "shards": "\(shards)"]
        ).write(to: path)
    }

    /// One step of training: forward, backward, update.
    private func step(_ network: AnyBlock, _ trainer: Trainer) -> DataParallelStep {
        DataParallelStep(
            trainer, shards: Shards(shards), workers: workers,
            hybridizedWith: hybridizes ? HybridOptions() : nil
        ) { inputs, labels in
            let scores = network([inputs])[0]
            return (softmaxCrossEntropy(scores, labels), scores)
        }
    }

    /// Goes through the training data once.
    private func train(
        _ step: DataParallelStep, _ loader: DataLoader, _ epoch: Int,
        _ watch: inout LossWatch, _ speed: inout Speed, _ reporter: any Reporter
    ) throws -> Progress {
        var loss = MeanLoss()
        var accuracy = Accuracy()
        let batches = loader.batchCount
        func progress(_ batch: Int, _ speed: Speed) throws -> Progress {
            Progress(
                epoch: epoch, epochs: epochs, batch: batch, batches: batches,
                loss: try loss.value(), accuracy: try accuracy.value(),
                samplesPerSecond: speed.samplesPerSecond)
        }
        speed.start()
        for (index, batch) in loader.enumerated() {
            try Interrupt.check()
            let (losses, scores) = step(batch.input, batch.label)
            try watch.add(losses, of: batch.label, epoch: epoch, batch: index + 1)
            loss.update(losses)
            accuracy.update(scores, batch.label)
            speed.samples += batch.count
            if reporter.wantsBatch(index + 1, of: batches) {
                try watch.lookAtAll()
                reporter.batch(try progress(index + 1, speed))
            }
        }
        try watch.lookAtAll()
        // The last step's updates belong to the epoch's time.
        try Runtime.waitAll()
        speed.stop()
        return try progress(batches, speed)
    }

    /// How the network does with the test samples, in prediction mode.
    private func accuracy(of network: any Block<[NDArray], [NDArray]>) throws -> TestAccuracy {
        var accuracy = TestAccuracy()
        for batch in DataLoader(
            data.test, batchSize: 256, seed: seed, workers: loaderWorkers)
        {
            try Interrupt.check()
            accuracy.update(network.forward([batch.input])[0], batch.label)
        }
        return accuracy
    }
}

extension NamedNetwork {
    /// The network for the inputs and classes of data, with its first parameters.
    /// - Throws: `ArrayError` when it does not take the inputs or does not give scores of the classes.
    func classifier(of data: ClassificationData) throws -> AnyBlock {
        let network = try build(for: [data.singleInputType], classes: data.classes)
        // One call tells the layers their input widths, and us whether all fits.
        let outputs = try validating {
            network([.zeros(data.singleInputType.shape, dtype: data.inputType.dtype)])
        }
        let expected = TensorType(.f32, [1, data.classes])
        guard outputs.map(\.type) == [expected] else {
            throw ArrayError(
                .shapeMismatch, in: name,
                "gives \(outputs.map { "\($0.type)" }.joined(separator: ", ")) for "
                    + "\(data.singleInputType); scores of the data's classes are \(expected)")
        }
        return network
    }
}
