import Braid
import BraidTestSupport
import Testing

/// Serialized: the tests choose the engine and seed the random source of the process.
@Suite(.serialized) struct DataParallelStepTests {
    /// The parameters after some steps with batches of several sizes, and the last losses.
    private func train(
        shards: Int, workers: Int, engine: Engine.Kind, hybridized: Bool
    ) throws -> [[Float]] {
        let before = Runtime.engine.kind
        Runtime.use(Engine(engine))
        defer { Runtime.use(Engine(before)) }
        RandomSource.seed(5)
        let network = Sequential {
            Conv2D(3, kernel: 3, activation: .tanh)
            BatchNorm()
            Flatten()
            Dropout(0.25)
            Dense(4)
        }
        let frozen = Parameter(NDArray([2] as [Float]))
        frozen.gradientMode = .none
        let step = DataParallelStep(
            Trainer(network.parameters, .adam(learningRate: 0.01)), shards: Shards(shards),
            workers: workers, hybridizedWith: hybridized ? HybridOptions() : nil
        ) { inputs, labels in
            let scores = network(inputs) * frozen.wrappedValue
            return (softmaxCrossEntropy(scores, labels), scores)
        }
        var last = NDArray(Float(0))
        for batchSize in [8, 8, 7, 3, 1, 8] {
            let inputs = NDArray.range(count: batchSize * 36).reshaped(to: [batchSize, 1, 6, 6])
                .cast(to: .f32).sin()
            let labels = NDArray((0..<batchSize).map { Int64($0 % 4) })
            let (losses, scores) = step(inputs, labels)
            #expect(losses.shape == [batchSize])
            #expect(scores.shape == [batchSize, 4])
            last = losses
        }
        let values = try network.parameters.map {
            try $0.parameter.wrappedValue.scalars(as: Float.self)
        }
        return values + [try last.scalars(as: Float.self)]
    }

    @Test(arguments: [1, 3, 4]) func onlyTheNumberOfShardsMatters(shards: Int) throws {
        let expected = try train(shards: shards, workers: 1, engine: .serial, hybridized: false)
        #expect(expected.allSatisfy { $0.allSatisfy(\.isFinite) })
        for workers in 1...shards {
            for hybridized in [false, true] {
                for engine in [
                    Engine.Kind.threaded(threads: 1), .threaded(threads: 3), .simulated(seed: 9),
                ] {
                    let found = try train(
                        shards: shards, workers: workers, engine: engine, hybridized: hybridized)
                    #expect(
                        found == expected,
                        "\(workers) workers, \(engine), \(hybridized ? "hybridized" : "eager")")
                }
            }
        }
    }

    /// One shard is the plain step, as far as rounding goes; several are the same up to the order of
    /// sums.
    @Test func equalsThePlainStep() throws {
        func values(_ step: (Sequential, Trainer, NDArray, NDArray) -> Void) throws -> [Float] {
            RandomSource.seed(3)
            let network = Sequential {
                Dense(5, activation: .tanh)
                Dense(3)
            }
            let trainer = Trainer(network.parameters, .sgd(learningRate: 0.1, momentum: 0.9))
            let inputs = NDArray.range(count: 42).reshaped(to: [6, 7]).cast(to: .f32).sin()
            let labels = NDArray([0, 1, 2, 0, 1, 2] as [Int64])
            for _ in 0..<5 { step(network, trainer, inputs, labels) }
            return try network.parameters.flatMap {
                try $0.parameter.wrappedValue.scalars(as: Float.self)
            }
        }
        let plain = try values { network, trainer, inputs, labels in
            let losses = Autograd.record { softmaxCrossEntropy(network(inputs), labels) }
            losses.backward()
            trainer.step(batchSize: 6)
        }
        for shards in [1, 2, 6] {
            let sharded = try values { network, trainer, inputs, labels in
                let step = DataParallelStep(trainer, shards: Shards(shards)) { inputs, labels in
                    let scores = network(inputs)
                    return (softmaxCrossEntropy(scores, labels), scores)
                }
                _ = step(inputs, labels)
            }
            for (a, b) in zip(plain, sharded) {
                #expect(abs(a - b) <= 1e-5 * max(1, abs(a)), "\(shards) shards")
            }
        }
    }

    /// Running averages move towards the shards' statistics, each weighted by its samples.
    @Test(arguments: [false, true]) func averagesMoveOncePerStep(isHybrid: Bool) throws {
        let layer = BatchNorm(momentum: 0.5, isAffine: false)
        let dense = Dense(2, inputs: 1)
        let fast = layer.hybridized()
        let values: [Float] = [1, 3, 10, 4, 6, 8, 20]
        let step = DataParallelStep(
            Trainer(dense.parameters, .sgd(learningRate: 0)), shards: Shards(3), workers: 2,
            hybridizedWith: isHybrid ? HybridOptions() : nil
        ) { inputs, labels in
            // Two calls of the layer: two moves.
            let scores = dense(fast(layer(inputs)) * 0 + inputs)
            return (softmaxCrossEntropy(scores, labels), scores)
        }
        let inputs = NDArray(values, shape: [7, 1])
        _ = step(inputs, NDArray([Int64](repeating: 0, count: 7)))
        // Shards of 2, 2 and 3 samples: means 2, 7, 34/3; variances 2, 18, 172/3.
        let mean = (4 + 14 + 34) / 7.0
        let variance = (4 + 36 + 172) / 7.0
        // The second call sees normalised values, of mean 0 and variance n / (n - 1).
        let second = (4 + 4 + 4.5) / 7.0
        let expected = (1 + variance) / 4 + second / 2
        let found = (
            try layer.runningMean.cast(to: .f64).scalars(as: Double.self)[0],
            try layer.runningVariance.cast(to: .f64).scalars(as: Double.self)[0]
        )
        #expect(abs(found.0 - mean / 4) < 1e-5)
        #expect(abs(found.1 - expected) < 1e-4)
    }

    /// Threads that share a step: every batch counts once at every parameter.
    @Test(arguments: [false, true]) func threadsShareAStep(isHybrid: Bool) throws {
        struct Counter: Block {
            @Parameter var weight: NDArray
            let normalization = BatchNorm(channels: 2, momentum: 0.5, isAffine: false, dtype: .f64)
            init() { _weight = Parameter(NDArray([0, 0] as [Double])) }
            func forward(_ x: NDArray) -> NDArray { weight * x }
        }
        let block = Counter()
        let trainer = Trainer(block.parameters, .sgd(learningRate: 1))
        let step = DataParallelStep(
            trainer, shards: Shards(4), workers: 2,
            hybridizedWith: isHybrid ? HybridOptions() : nil
        ) { x, _ in
            let scores = block(x)
            _ = block.normalization(scores)
            return (scores, x)
        }
        let (threads, rounds) = (8, 20)
        parallel(threads) { thread in
            for round in 0..<rounds {
                // Batches of different sizes and so of different empty shards.
                let batch = 1 + (thread + round) % 6
                _ = step(.ones([batch, 2], dtype: .f64), .ones([batch]))
            }
        }
        // Each step moves by the mean gradient, which is 1.
        let count = Double(threads * rounds)
        #expect(try block.weight.scalars(as: Double.self) == [-count, -count])
        #expect(try block.normalization.runningMean.scalars(as: Double.self).allSatisfy(\.isFinite))
        #expect(try trainer.nextLearningRate() == 1)
    }

    @Test func tooManyWorkersAreNamed() async {
        let result = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            let trainer = Trainer(Dense(1).parameters, .sgd(learningRate: 1))
            _ = DataParallelStep(trainer, shards: Shards(2), workers: 3) { x, _ in (x, x) }
        }
        let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(text.contains("3 workers for 2 shards"), "\(text)")
    }
}
