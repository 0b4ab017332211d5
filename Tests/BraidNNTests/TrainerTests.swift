import Braid
import BraidTestSupport
import Testing

struct TrainerTests {
    private typealias Weights = OptimizerTests.Weights

    private static let schedules: [String: LearningRateSchedule] = [
        "constant": .constant,
        "factor": .factor(0.5, every: 4),
        "multi-factor": .multiFactor(0.1, at: [3, 7, 8]),
        "polynomial": .polynomial(steps: 9, power: 2),
        "cosine": .cosine(steps: 9, final: 0.1),
        "cosine, linear warm-up": .cosine(steps: 9).warmedUp(over: 4, .linear(from: 0.2)),
        "factor, constant warm-up": .factor(0.5, every: 4).warmedUp(over: 3, .constant(0.25)),
    ]

    @Test func schedulesFollowPyTorch() throws {
        let cases = try NetworkOracle.cases(of: "schedules")
        #expect(Set(cases.map(\.name)) == Set(Self.schedules.keys))
        for oracle in cases {
            let schedule = try #require(Self.schedules[oracle.name])
            let factors = try oracle.array("factors").scalars(as: Double.self)
            for (step, factor) in factors.enumerated() {
                let found = try schedule(after: step)
                #expect(abs(found - factor) < 1e-12, "\(oracle.name), step \(step)")
            }
        }
    }

    @Test func schedulesEndWhereTheyShould() throws {
        #expect(try LearningRateSchedule.factor(0.5, every: 1, notBelow: 0.2)(after: 9) == 0.2)
        #expect(try LearningRateSchedule.cosine(steps: 3, final: 0.25)(after: 100) == 0.25)
        #expect(try LearningRateSchedule.constant.warmedUp(over: 4)(after: 1) == 0.25)
        #expect(try LearningRateSchedule { 1 / ($0 + 1) }(after: 3) == 0.25)
    }

    @Test func ratesCanBeReadAndSet() throws {
        let weight = Parameter(NDArray([1] as [Double]))
        let trainer = Trainer(
            Weights(first: weight).parameters, .sgd(learningRate: 0.5),
            schedule: .factor(0.5, every: 1))
        weight.gradient = NDArray([1] as [Double])
        #expect(trainer.learningRate == 0.5)
        trainer.step(batchSize: 1)
        #expect(try weight.wrappedValue.scalar(as: Double.self) == 0.5)
        #expect(try trainer.nextLearningRate() == 0.25)
        trainer.learningRate = 1
        #expect(try trainer.nextLearningRate() == 0.5)
        weight.gradient = NDArray([1] as [Double])
        trainer.step(batchSize: 1)
        #expect(try weight.wrappedValue.scalar(as: Double.self) == 0)
    }

    @Test func clippingFollowsPyTorch() throws {
        for oracle in try NetworkOracle.cases(of: "clipping") {
            let bound = try oracle.scalar("bound")
            let gradients = [try oracle.array("first"), try oracle.array("second")]
            let clipping: GradientClipping =
                oracle.name == "norm" ? .globalNorm(bound) : .value(bound)
            let found = clipping(gradients)
            #expect(try difference(found[0], oracle.array("first result")) == nil)
            #expect(try difference(found[1], oracle.array("second result")) == nil)
            if oracle.name == "value" { continue }
            let weights = Weights(
                first: Parameter(gradients[0]), second: Parameter(gradients[1]))
            weights.first.gradient = gradients[0]
            weights.second!.gradient = gradients[1]
            let norm = weights.parameters.clipGradients(toGlobalNorm: bound)
            #expect(try difference(norm, globalNorm(of: gradients)) == nil)
            #expect(try difference(weights.first.gradient!, found[0]) == nil)
        }
    }

    @Test func multipliersAreByName() throws {
        let weights = Weights(
            first: Parameter(NDArray([1, 1] as [Double])),
            second: Parameter(NDArray([1, 1] as [Double])))
        let trainer = Trainer(
            weights.parameters, .sgd(learningRate: 0.5, weightDecay: 0.5),
            multipliers: [
                ParameterMultipliers("*", learningRate: 0.5),
                ParameterMultipliers("sec*", learningRate: 0.5, weightDecay: 0),
            ])
        for element in weights.parameters { element.parameter.gradient = .zeros([2], dtype: .f64) }
        trainer.step(batchSize: 1)
        #expect(try weights.first.wrappedValue.scalars(as: Double.self) == [0.875, 0.875])
        #expect(try weights.second!.wrappedValue.scalars(as: Double.self) == [1, 1])
        for element in weights.parameters { element.parameter.gradient = .ones([2], dtype: .f64) }
        trainer.step(batchSize: 1)
        #expect(try weights.second!.wrappedValue.scalars(as: Double.self) == [0.875, 0.875])
    }

    @Test func mistakesAreNamed() async {
        let unknown = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            _ = Trainer(
                Dense(1, inputs: 1).parameters, .sgd(learningRate: 1),
                multipliers: [ParameterMultipliers("body.*")])
        }
        let text = String(decoding: unknown?.standardErrorContent ?? [], as: UTF8.self)
        #expect(
            text.contains("no parameter's name fits 'body.*'; there are weight, bias"), "\(text)")
        let traced = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            let trainer = Trainer(Dense(1, inputs: 1).parameters, .sgd(learningRate: 1))
            _ = hybridize { (x: NDArray) in
                trainer.learningRate = 2
                return x
            }(.ones([1]))
        }
        let message = String(decoding: traced?.standardErrorContent ?? [], as: UTF8.self)
        #expect(message.contains("use a schedule"), "\(message)")
    }

    private struct Run {
        let network = Sequential {
            Dense(5, inputs: 4, activation: .tanh)
            Dense(3, inputs: 5)
        }
        let trainer: Trainer
        let step: @Sendable (NDArray, NDArray) -> NDArray

        init(_ optimizer: Optimizer, frozen: String? = nil) {
            RandomSource.seed(8)
            let network = network
            let trainer = Trainer(
                network.parameters, optimizer, schedule: .factor(0.5, every: 3))
            if let frozen { network.parameters.matching(frozen).freeze() }
            self.trainer = trainer
            step = hybridize { x, labels in
                let losses = Autograd.record { softmaxCrossEntropy(network(x), labels) }
                losses.backward()
                trainer.step(batchSize: 6)
                return losses
            }
        }

        func take(_ steps: Int) throws -> [Float] {
            let x = NDArray.range(count: 24).reshaped(to: [6, 4]).cast(to: .f32).sin()
            for _ in 0..<steps { _ = step(x, NDArray([0, 1, 2, 0, 1, 2] as [Int64])) }
            return try network.parameters.flatMap {
                try $0.parameter.wrappedValue.scalars(as: Float.self)
            }
        }
    }

    @Test(arguments: OptimizerSample.all.filter { $0.formula != nil })
    func statesGoOnWhereTheyWere(_ sample: OptimizerSample) throws {
        try withTemporaryFile { path in
            let first = Run(sample.optimizer)
            first.trainer.learningRate *= 0.5
            _ = try first.take(2)
            let arrays = first.network.parameters.map(\.parameter.wrappedValue)
            try first.trainer.saveState(to: path)
            let expected = try first.take(3)
            // One that has never stepped, and one that has, elsewhere, and whose step is traced.
            for steps in [0, 4] {
                let second = Run(sample.optimizer)
                _ = try second.take(steps)
                for (element, array) in zip(second.network.parameters, arrays) {
                    element.parameter.wrappedValue = array
                }
                try second.trainer.loadState(from: ParameterFile(path: path))
                #expect(second.trainer.learningRate == sample.optimizer.learningRate * 0.5)
                #expect(try second.take(3) == expected)
            }
        }
    }

    @Test func statesOfOthersAreRefused() throws {
        try withTemporaryFile { path in
            let run = Run(.adam())
            _ = try run.take(1)
            try run.trainer.saveState(to: path)
            let file = try ParameterFile(path: path)
            func message(_ trainer: Trainer) -> String {
                let error = #expect(throws: ModelFileError.self) {
                    try trainer.loadState(from: file)
                }
                return error?.message ?? ""
            }
            #expect(message(Run(.adamW()).trainer).contains("the state of adam, not of adamw"))
            let other = message(Trainer(Dense(5, inputs: 4).parameters, .adam()))
            #expect(other.contains("0.weight/mean is unexpected"))
            let wide = Sequential {
                Dense(6, inputs: 4)
                Dense(3, inputs: 6)
            }
            let shapes = message(Trainer(wide.parameters, .adam()))
            #expect(shapes.contains("0.weight/square is f32[5, 4], expected f32[6, 4]"))
            #expect(shapes.contains("1.weight/mean is f32[3, 5], expected f32[3, 6]"))
            let unknown = Sequential { Dense(5) }
            #expect(
                message(Trainer(unknown.parameters, .adam())).contains("0.weight are not known yet")
            )
        }
    }

    @Test(arguments: [-1, 0.5, .infinity, .nan]) func stepsThatAreNoCountsAreRefused(
        steps: Double
    ) throws {
        try withTemporaryFile { path in
            let run = Run(.adam())
            _ = try run.take(1)
            try run.trainer.saveState(to: path)
            let file = try ParameterFile(path: path)
            let tensors = try file.names.map { name in
                let array = name == "step" ? NDArray(steps) : try file.array(name)
                return SafetensorsWriter.Tensor(name: name, type: array.type) { write in
                    try array.dense().withBytes { try write($0) }
                }
            }
            try SafetensorsWriter.write(
                to: path, metadata: [("braid.optimizer", "adam")], tensors: tensors)
            let error = #expect(throws: ModelFileError.self) {
                try run.trainer.loadState(from: ParameterFile(path: path))
            }
            #expect(error?.code == .mismatch)
            #expect(error?.message.contains("the number of steps is \(steps)") == true)
        }
    }

    @Test func frozenParametersStayAndHaveNoState() throws {
        try withTemporaryFile { path in
            let run = Run(.adam(), frozen: "0.*")
            let before = try run.take(0)
            let after = try run.take(2)
            #expect(after[..<25] == before[..<25])
            #expect(after[25...] != before[25...])
            try run.trainer.saveState(to: path)
            try run.trainer.loadState(from: ParameterFile(path: path))
            run.network.parameters.unfreeze()
            let free = try run.take(1)
            #expect(free[0] != before[0])
        }
    }

    /// Parameters that are frozen and thawed between steps, as graphs, in shards, or neither.
    @Test func freezingBetweenSteps() throws {
        func train(hybridized: Bool) throws -> [[Float]] {
            RandomSource.seed(8)
            let network = Sequential {
                Dense(5, inputs: 4, activation: .tanh)
                Dense(3, inputs: 5)
            }
            let step = DataParallelStep(
                Trainer(network.parameters, .adamW(learningRate: 0.1)), shards: Shards(2),
                hybridizedWith: hybridized ? HybridOptions() : nil
            ) { x, labels in
                let scores = network(x)
                return (softmaxCrossEntropy(scores, labels), scores)
            }
            let x = NDArray.range(count: 24).reshaped(to: [6, 4]).cast(to: .f32).sin()
            let body = network.parameters.matching("0.*")
            var weights: [[Float]] = []
            for round in 0..<4 {
                if round == 1 { body.freeze() }
                if round == 3 { body.unfreeze() }
                _ = step(x, NDArray([0, 1, 2, 0, 1, 2] as [Int64]))
                weights.append(try body[0].parameter.wrappedValue.scalars(as: Float.self))
                weights.append(
                    try network.parameters["1.bias"]!.wrappedValue.scalars(as: Float.self))
            }
            #expect(weights[0] == weights[2] && weights[2] == weights[4])
            #expect(weights[4] != weights[6] && weights[1] != weights[3])
            return weights
        }
        #expect(try train(hybridized: true) == train(hybridized: false))
    }
}
