import Braid
import BraidTestSupport
import Testing

/// A batch with a bad label, caught at the read of its loss, leaves training as if it had not been.
final class FailedStepTests {
    // Failures that nobody has waited for would be reported to other tests.
    deinit { try? Runtime.waitAll() }

    enum Way: CaseIterable, Sendable {
        case eager, hybridizedNetwork, hybridizedStep, parallel, hybridizedParallel
    }

    static let optimizers: [(name: String, make: @Sendable () -> Optimizer)] = [
        ("sgd", { .sgd(learningRate: 0.1, momentum: 0.9, weightDecay: 0.01) }),
        ("adam", { .adam(learningRate: 0.01) }),
        ("ftml", { .ftml(learningRate: 0.01) }),
        ("ftrl", { .ftrl(learningRate: 0.1) }),
    ]

    /// Large enough, or not, for work to be handed to the pool.
    struct Setting: Sendable, CustomTestStringConvertible {
        let way: Way
        let optimizer: Int
        let width: Int
        let normalizes: Bool
        var testDescription: String {
            "\(way), \(optimizers[optimizer].name), width \(width), normalizes \(normalizes)"
        }
    }

    static let settings: [Setting] = Way.allCases.flatMap { way in
        optimizers.indices.flatMap { optimizer in
            [4, 96].flatMap { width in
                [false, true].compactMap { normalizes in
                    // Batches normalise before anybody looks at a label, unless the step is one.
                    normalizes && (way == .eager || way == .hybridizedNetwork)
                        ? nil
                        : Setting(
                            way: way, optimizer: optimizer, width: width, normalizes: normalizes)
                }
            }
        }
    }

    struct Outcome: Equatable {
        var losses: [[Float]?] = []
        /// Of parameters, running averages, the number of steps and the optimiser's state.
        var values: [[UInt8]] = []
        var meanLoss = 0.0
    }

    /// Trains with five batches, of which one has a bad label, or that one is left out.
    private func train(_ setting: Setting, bad: Int?, without: Int?) throws -> Outcome {
        RandomSource.seed(7)
        let width = setting.width
        let network = Sequential {
            Dense(width, inputs: width)
            if setting.normalizes { BatchNorm(channels: width) }
            Activation.relu
            Dense(5, inputs: width)
        }
        let trainer = Trainer(network.parameters, Self.optimizers[setting.optimizer].make())
        let forward: @Sendable (NDArray, NDArray) -> NDArray
        let step: @Sendable (NDArray, NDArray) -> NDArray
        if setting.way == .hybridizedNetwork {
            let fast = network.hybridized()
            forward = { softmaxCrossEntropy(fast($0), $1) }
        } else {
            forward = { softmaxCrossEntropy(network($0), $1) }
        }
        let plain: @Sendable (NDArray, NDArray) -> NDArray = { x, labels in
            let losses = Autograd.record { forward(x, labels) }
            losses.backward()
            trainer.step(batchSize: x.shape[0])
            return losses
        }
        switch setting.way {
        case .eager, .hybridizedNetwork: step = plain
        case .hybridizedStep: step = hybridize(plain)
        case .parallel, .hybridizedParallel:
            let parallel = DataParallelStep(
                trainer, shards: Shards(2), workers: 2,
                hybridizedWith: setting.way == .parallel ? nil : HybridOptions()
            ) { x, labels in (forward(x, labels), x) }
            step = { parallel($0, $1).losses }
        }
        var outcome = Outcome()
        var mean = MeanLoss()
        let rows = setting.width
        var all: [NDArray] = []
        func read(_ losses: NDArray) {
            do throws(EngineError) {
                outcome.losses.append(try losses.scalars(as: Float.self))
            } catch {
                #expect("\(error)".contains("label -1 at position"), "\(error)")
                outcome.losses.append(nil)
            }
        }
        for batch in 0..<5 where batch != without {
            let x = NDArray(
                (0..<rows * width).map { Float(($0 * 7 + batch * 13) % 23) / 23 - 0.5 },
                shape: [rows, width])
            var labels = (0..<rows).map { Int64(($0 + batch) % 5) }
            if batch == bad { labels[rows - 1] = -1 }
            let losses = step(x, NDArray(labels))
            mean.update(losses)
            // At once, or when all steps are on their way.
            if setting.optimizer % 2 == 0 { read(losses) } else { all.append(losses) }
        }
        for losses in all { read(losses) }
        let moved = trainer.changed(byStepsAt: network.parameters.indices)
        outcome.values = try (network.parameters.map(\.parameter) + moved).map {
            try $0.wrappedValue.withBytes { Array($0) }
        }
        outcome.meanLoss = try mean.value()
        return outcome
    }

    @Test(arguments: FailedStepTests.settings)
    func aBadLabelEqualsTrainingWithoutItsBatch(_ setting: Setting) throws {
        var found = try train(setting, bad: 2, without: nil)
        let expected = try train(setting, bad: nil, without: 2)
        #expect(found.losses[2] == nil)
        found.losses.remove(at: 2)
        #expect(found == expected)
        // And it is another than with the batch.
        #expect(try train(setting, bad: nil, without: nil).values != expected.values)
    }

    /// Whatever is observed of a batch that failed, running averages stay what they were.
    @Test(arguments: [false, true], [2, 64])
    func failedInputsLeaveRunningAveragesAlone(_ hybridizes: Bool, _ width: Int) throws {
        let network = Sequential {
            Embedding(6, width: width)
            BatchNorm(channels: 3)
        }
        let fast = network.hybridized()
        func run(_ indices: [Int64]) -> NDArray {
            let x = NDArray(indices, shape: [indices.count / 3, 3])
            return Autograd.record { hybridizes ? fast(x) : network(x) }
        }
        func averages() throws -> [[Float]] {
            try network.parameters.suffix(2).map {
                try $0.parameter.wrappedValue.scalars(as: Float.self)
            }
        }
        let good = (0..<300).map { Int64($0 % 6) }
        _ = run(good)
        let before = try averages()
        let error = #expect(throws: EngineError.self) {
            try run(Array(good.dropLast()) + [6]).waitUntilReady()
        }
        #expect("\(error!)".contains("index 6 at position [99, 2]"))
        #expect(try averages() == before)
        _ = run(good)
        #expect(try averages() != before)
    }

    /// A parameter that a call changes and returns: the result carries the error, the parameter does not.
    @Test(arguments: [1, 40_000]) func resultsAreNotHealed(_ count: Int) throws {
        let table = NDArray.ones([4, count], dtype: .f64)
        let running = Parameter(NDArray.zeros([count], dtype: .f64))
        let step = hybridize { (places: NDArray) -> NDArray in
            let row = table.gathered(at: places).sum(over: 0)
            running.update { $0 = $0 * 0.5 + row }
            return running.wrappedValue
        }
        let good = NDArray([0, 1] as [Int64])
        #expect(try step(good).scalars(as: Double.self).allSatisfy { $0 == 2 })
        for _ in 0..<2 {
            let wrong = step(NDArray([0, 4] as [Int64]))
            #expect(throws: EngineError.self) { try wrong.waitUntilReady() }
            #expect(try running.wrappedValue.scalars(as: Double.self).allSatisfy { $0 == 2 })
        }
        #expect(try step(good).scalars(as: Double.self).allSatisfy { $0 == 3 })
    }
}
