import Braid
import BraidTestSupport
import Testing

@Suite(.printsSeed) struct OptimizerTests {
    private static let shape: Shape = [2, 3]

    /// A block of named parameters.
    struct Weights: Block {
        let first: Parameter
        var second: Parameter?
        func forward(_ x: NDArray) -> NDArray { x * first.wrappedValue }
    }

    /// The weights after each gradient.
    private func weights(
        _ optimizer: Optimizer, from start: NDArray, along gradients: [NDArray]
    ) throws -> [NDArray] {
        let weight = Parameter(start)
        let trainer = Trainer(Weights(first: weight).parameters, optimizer)
        return gradients.map { gradient in
            weight.gradient = gradient
            trainer.step(batchSize: 1)
            return weight.wrappedValue
        }
    }

    @Test(arguments: OptimizerSample.all) func followsItsFormula(_ sample: OptimizerSample) throws {
        guard let formula = sample.formula else { return }
        Seeds.repeated(2) { generator in
            func numbers() -> [Double] { (0..<6).map { _ in generator.double(-2, 2) } }
            var expected = numbers()
            var gradients = (0..<6).map { _ in numbers() }
            gradients[0] = Array(repeating: 0, count: 6)
            gradients[3][2] = 0
            let found = try weights(
                sample.optimizer, from: NDArray(expected, shape: Self.shape),
                along: gradients.map { NDArray($0, shape: Self.shape) })
            var state: [String: [Double]] = [:]
            for (step, gradient) in gradients.enumerated() {
                formula(&expected, gradient, Double(step + 1), &state)
                let wrong = try difference(
                    found[step], NDArray(expected, shape: Self.shape), tolerance: 1e-10)
                #expect(wrong == nil, "step \(step + 1)")
            }
        }
    }

    @Test(arguments: try NetworkOracle.cases(of: "optimizers"))
    func followsPyTorch(_ oracle: NetworkOracle) throws {
        let sample = try #require(
            OptimizerSample.all.first { $0.testDescription == oracle.name })
        let gradients = try oracle.array("gradients").unstacked()
        let found = try weights(
            sample.optimizer, from: oracle.array("weight"), along: gradients)
        #expect(try difference(stacked(found), oracle.array("results"), tolerance: 1e-11) == nil)
    }

    @Test func langevinNoiseHasItsVariance() throws {
        RandomSource.seed(4)
        let weight = Parameter(NDArray.full([20_000], 2, dtype: .f64))
        let trainer = Trainer(
            Weights(first: weight).parameters, .sgld(learningRate: 0.25, weightDecay: 0.5))
        weight.gradient = .ones([20_000], dtype: .f64)
        trainer.step(batchSize: 1)
        // 2 - 0.25 / 2 · (1 + 0.5 · 2), with noise of variance 0.25.
        let value = weight.wrappedValue
        #expect(abs(try value.mean().scalar(as: Double.self) - 1.75) < 0.02)
        #expect(abs(try value.variance().scalar(as: Double.self) - 0.25) < 0.01)
    }

    /// The running variance of gradients that do not vary is 0, and less than that in f32.
    @Test func centeredRootsOfConstantGradients() throws {
        let weight = Parameter(NDArray([1] as [Float]))
        let trainer = Trainer(Weights(first: weight).parameters, .rmsProp(isCentered: true))
        for _ in 0..<1500 {
            weight.gradient = .full([1], 0.1)
            trainer.step(batchSize: 1)
        }
        #expect(try weight.wrappedValue.scalar(as: Float.self).isFinite)
    }

    /// Rules that divide by the learning rate: one that f32 has not moves nothing.
    @Test(arguments: [Optimizer.ftrl(learningRate: 1e-50), .ftml(learningRate: 1e-50)])
    func ratesBelowTheDTypesLeast(_ optimizer: Optimizer) throws {
        let found = try weights(
            optimizer, from: .ones([2]), along: [.ones([2]), .zeros([2])])
        #expect(try found[1].scalars(as: Float.self) == [1, 1])
    }

    @Test func ruleOfYourOwn() throws {
        struct Halving: OptimizerRule {
            let name = "halving"
            func update(_ weight: inout NDArray, _ step: OptimizerStep) { weight *= 0.5 }
        }
        let found = try weights(
            Optimizer(Halving(), learningRate: 1), from: .ones([2]),
            along: [.zeros([2]), .zeros([2])])
        #expect(try found[1].scalars(as: Float.self) == [0.25, 0.25])
    }

    /// Two layers, a schedule, clipping, multipliers and a changed rate, as graphs or not.
    private func train(
        _ optimizer: Optimizer, hybridized: Bool, dataParallel: Bool = false, workers: Int = 1
    ) throws -> [[Float]] {
        RandomSource.seed(8)
        let network = Sequential {
            Dense(5, inputs: 4, activation: .tanh)
            Dense(3, inputs: 5)
        }
        let trainer = Trainer(
            network.parameters, optimizer, schedule: .cosine(steps: 6).warmedUp(over: 2),
            clipping: dataParallel ? .globalNorm(0.1) : .value(0.05),
            multipliers: [
                ParameterMultipliers("*.bias", weightDecay: 0),
                ParameterMultipliers("1.*", learningRate: 0.5),
            ])
        let x = NDArray.range(count: 24).reshaped(to: [6, 4]).cast(to: .f32).sin()
        let labels = NDArray([0, 1, 2, 0, 1, 2] as [Int64])
        let forward: DataParallelStep.Forward = { x, labels in
            let scores = network(x)
            return (softmaxCrossEntropy(scores, labels), scores)
        }
        let body: @Sendable ([NDArray]) -> [NDArray] = { arrays in
            let losses = Autograd.record { forward(arrays[0], arrays[1]).losses }
            losses.backward()
            trainer.step(batchSize: 6)
            return [losses]
        }
        let function = hybridize(body)
        let parallel = DataParallelStep(
            trainer, shards: Shards(3), workers: workers,
            hybridizedWith: hybridized ? HybridOptions() : nil, forward)
        for step in 0..<5 {
            if step == 3 { trainer.learningRate *= 0.5 }
            if dataParallel {
                _ = parallel(x, labels)
            } else {
                _ = hybridized ? function([x, labels]) : body([x, labels])
            }
        }
        if hybridized && !dataParallel { #expect(function.traceCount == 1) }
        return try network.parameters.map {
            try $0.parameter.wrappedValue.scalars(as: Float.self)
        }
    }

    @Test(arguments: OptimizerSample.all) func sameBitsHybridized(_ sample: OptimizerSample) throws
    {
        let expected = try train(sample.optimizer, hybridized: false)
        #expect(expected.allSatisfy { $0.allSatisfy(\.isFinite) })
        #expect(try train(sample.optimizer, hybridized: true) == expected)
    }

    @Test(arguments: OptimizerSample.all) func sameBitsDataParallel(_ sample: OptimizerSample)
        throws
    {
        let expected = try train(sample.optimizer, hybridized: false, dataParallel: true)
        #expect(expected.allSatisfy { $0.allSatisfy(\.isFinite) })
        for (hybridized, workers) in [(true, 1), (true, 2), (false, 3)] {
            let found = try train(
                sample.optimizer, hybridized: hybridized, dataParallel: true, workers: workers)
            #expect(found == expected, "\(workers) workers")
        }
    }
}
