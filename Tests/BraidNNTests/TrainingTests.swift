import Braid
import BraidTestSupport
import Testing

/// Runs alone: it changes the process's engine and counts storage copies.
@Suite(.serialized)
struct TrainingTests {
    /// Trains a small LeNet for some steps and returns all weights' bytes.
    private func train(steps: Int, seed: UInt64 = 7) throws -> [UInt8] {
        RandomSource.seed(seed)
        let network = Models.lenet(height: 8, width: 8)
        let trainer = Trainer(network.parameters, .adam(learningRate: 1e-3))
        let x = NDArray.uniform([48, 1, 8, 8])
        let labels = NDArray((0..<48).map { Int64($0 % 10) })
        for _ in 0..<steps {
            let loss = Autograd.record { softmaxCrossEntropy(network(x), labels) }
            loss.backward()
            trainer.step(batchSize: 48)
        }
        return try network.parameters.flatMap { element in
            try element.parameter.wrappedValue.withBytes { Array($0) }
        }
    }

    @Test func theSameBitsOnEveryEngine() throws {
        Runtime.use(Engine(.serial))
        let expected = try train(steps: 4)
        for kind in [
            Engine.Kind.threaded(threads: 1), .threaded(threads: 2), .threaded(threads: 4),
            .simulated(seed: 1), .simulated(seed: 2),
        ] {
            Runtime.use(Engine(kind))
            #expect(try train(steps: 4) == expected, "\(kind)")
        }
        Runtime.use(Engine())
    }

    /// Five steps of a LeNet, as graphs or not, and what the weights, the losses and a prediction then
    /// are.
    private func run(_ optimizer: Optimizer, hybridized: Bool) throws -> [UInt8] {
        RandomSource.seed(5)
        let network = Sequential {
            Models.lenet(height: 8, width: 8)
            Dropout(0.3)
        }
        let trainer = Trainer(network.parameters, optimizer)
        let x = NDArray.uniform([24, 1, 8, 8])
        let labels = NDArray((0..<24).map { Int64($0 % 10) })
        let plain: @Sendable (NDArray, NDArray) -> (NDArray, NDArray) = { x, labels in
            let (loss, scores) = Autograd.record {
                let scores = network(x)
                return (softmaxCrossEntropy(scores, labels), scores)
            }
            loss.backward()
            trainer.step(batchSize: 24)
            return (loss, scores)
        }
        let step = hybridized ? hybridize(plain) : plain
        var bytes: [UInt8] = []
        for _ in 0..<5 {
            let (loss, scores) = step(x, labels)
            bytes += try loss.withBytes { Array($0) } + scores.withBytes { Array($0) }
        }
        let fast = network.hybridized()
        #expect(fast.parameters.map(\.name) == network.parameters.map(\.name))
        let prediction = hybridized ? fast(x) : network(x)
        bytes += try prediction.withBytes { Array($0) }
        // Forward as a graph, the rest as it comes.
        for _ in 0..<2 {
            let loss = Autograd.record {
                softmaxCrossEntropy(hybridized ? fast(x) : network(x), labels)
            }
            loss.backward()
            trainer.step(batchSize: 24)
        }
        return try network.parameters.reduce(into: bytes) { bytes, element in
            bytes += try element.parameter.wrappedValue.withBytes { Array($0) }
        }
    }

    @Test func hybridizedTrainingHasTheSameBits() throws {
        for optimizer in [
            Optimizer.adam(), .sgd(learningRate: 0.05, momentum: 0.9, weightDecay: 1e-4),
        ] {
            let expected = try run(optimizer, hybridized: false)
            for kind in [
                Engine.Kind.serial, .threaded(threads: 1), .threaded(threads: 2),
                .threaded(threads: 4), .simulated(seed: 3),
            ] {
                Runtime.use(Engine(kind))
                #expect(try run(optimizer, hybridized: true) == expected, "\(kind)")
            }
            Runtime.use(Engine())
        }
    }

    @Test func noStepCopiesAWeightAndSnapshotsStay() throws {
        RandomSource.seed(3)
        let network = Models.lenet(height: 8, width: 8)
        let trainer = Trainer(network.parameters, .sgd(learningRate: 0.01, momentum: 0.9))
        let x = NDArray.uniform([16, 1, 8, 8])
        let labels = NDArray((0..<16).map { Int64($0 % 10) })
        func step() throws {
            let (loss, scores) = Autograd.record {
                let scores = network(x)
                return (softmaxCrossEntropy(scores, labels), scores)
            }
            loss.backward()
            trainer.step(batchSize: 16)
            _ = try scores.scalars(as: Float.self)
        }
        try step()
        let before = NDArray.storageCopyCount
        for _ in 0..<100 { try step() }
        #expect(NDArray.storageCopyCount == before)

        let weight = network.parameters[0].parameter
        let snapshot = weight.wrappedValue
        let values = try snapshot.scalars(as: Float.self)
        for _ in 0..<3 { try step() }
        #expect(try snapshot.scalars(as: Float.self) == values)
        #expect(try weight.wrappedValue.scalars(as: Float.self) != values)
        #expect(NDArray.storageCopyCount == before + 1)
    }

    @Test func liveBytesReturnToTheBaseAfterTraining() throws {
        _ = try train(steps: 2)
        try Runtime.waitAll()
        let base = MemoryPool.liveByteCount
        _ = try train(steps: 5)
        try Runtime.waitAll()
        #expect(MemoryPool.liveByteCount == base)
    }

    @Test func trainersFollowTheirFormulas() throws {
        // One weight, gradient 2 w - 6 (of (w - 3)²), three steps by hand in f64.
        func run(_ optimizer: Optimizer) throws -> Double {
            let weight = Parameter(NDArray([10] as [Double]))
            let trainer = Trainer(ParameterList(of: One(weight: weight)), optimizer)
            for _ in 0..<3 {
                Autograd.record { (weight.wrappedValue - 3).square() }.backward()
                trainer.step(batchSize: 1)
            }
            return try weight.wrappedValue.scalar(as: Double.self)
        }
        var (w, v) = (10.0, 0.0)
        for _ in 0..<3 {
            v = 0.9 * v + (2 * w - 6) + 0.01 * w
            w -= 0.1 * v
        }
        #expect(
            abs(try run(.sgd(learningRate: 0.1, momentum: 0.9, weightDecay: 0.01)) - w) < 1e-12)
        var (m, s) = (0.0, 0.0)
        w = 10
        for step in 1...3 {
            let g = 2 * w - 6
            m = 0.9 * m + 0.1 * g
            s = 0.999 * s + 0.001 * g * g
            let (p1, p2) = (power(0.9, step), power(0.999, step))
            w -= 0.1 * (m / (1 - p1)) / ((s / (1 - p2)).squareRoot() + 1e-8)
        }
        #expect(abs(try run(.adam(learningRate: 0.1)) - w) < 1e-12)
    }

    private func power(_ base: Double, _ exponent: Int) -> Double {
        (0..<exponent).reduce(1) { value, _ in value * base }
    }
}

/// A block of one parameter.
private struct One: Block {
    let weight: Parameter
    func forward(_ x: NDArray) -> NDArray { x * weight.wrappedValue }
}
