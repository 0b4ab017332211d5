import Braid
import BraidTestSupport
import Testing

/// What a step moves, and what it refuses to.
struct TrainerMistakeTests {
    private struct Two: Block {
        @Parameter var a: NDArray
        @Parameter var b: NDArray
        init() {
            _a = Parameter(NDArray([10] as [Double]))
            _b = Parameter(NDArray([10] as [Double]))
        }
        func forward(_ x: NDArray) -> NDArray { x }
        var values: [Double] {
            get throws { try [$a, $b].map { try $0.wrappedValue.scalar(as: Double.self) } }
        }
    }

    private func message(_ body: () throws -> Void) -> String {
        let error = #expect(throws: ArrayError.self) { try validating(body) }
        return error?.description ?? ""
    }

    // MARK: Gradients that are not new

    /// Momentum, weight decay and Adam would all move a parameter without a gradient of this loss.
    @Test(arguments: [
        Optimizer.sgd(learningRate: 1), .sgd(learningRate: 1, momentum: 0.9, weightDecay: 0.1),
        .adam(learningRate: 1), .adamW(learningRate: 1, weightDecay: 0.1),
    ])
    func unusedParametersStay(_ optimizer: Optimizer) throws {
        func run(_ kind: Int) throws -> [Double] {
            let block = Two()
            let trainer = Trainer(block.parameters, optimizer)
            let (a, b) = (block.$a, block.$b)
            let one = NDArray([1] as [Double])
            var values: [Double] = []
            // Whether the loss depends on both.
            for usesBoth in [true, false, false, true] {
                let loss: @Sendable (NDArray) -> NDArray = { x in
                    let both = a.wrappedValue * x + (usesBoth ? b.wrappedValue * x : 0 * x)
                    return both
                }
                switch kind {
                case 0:
                    Autograd.record { loss(one) }.backward()
                    trainer.step()
                case 1:
                    _ = hybridize { (x: NDArray) in
                        let losses = Autograd.record { loss(x) }
                        losses.backward()
                        trainer.step()
                        return losses
                    }(one)
                case 2:
                    // The step by itself.
                    Autograd.record { loss(one) }.backward()
                    _ = hybridize { (x: NDArray) in
                        trainer.step()
                        return x
                    }(one)
                case 3:
                    // The gradients by themselves.
                    _ = hybridize { (x: NDArray) in
                        let losses = Autograd.record { loss(x) }
                        losses.backward()
                        return losses
                    }(one)
                    trainer.step()
                default:
                    let step = DataParallelStep(
                        trainer, shards: Shards(1),
                        hybridizedWith: kind == 4 ? nil : HybridOptions()
                    ) { x, _ in (loss(x), x) }
                    _ = step(one, one)
                }
                values += try block.values
            }
            #expect(values[3] == values[1] && values[5] == values[1])
            #expect(values[7] != values[1] && values[2] != values[0] && values[4] != values[2])
            return values
        }
        let expected = try run(0)
        for kind in 1...5 { #expect(try run(kind) == expected, "\(kind)") }
    }

    /// A step that is traced once meets other sets of new gradients.
    @Test func hybridizedStepsLookAgain() throws {
        let block = Two()
        let trainer = Trainer(block.parameters, .sgd(learningRate: 1))
        let step = hybridize { (x: NDArray) in
            trainer.step()
            return x
        }
        let (a, b) = (block.$a, block.$b)
        for (usesA, usesB, expected) in [
            (true, true, [9.0, 9]), (true, false, [8, 9]), (false, true, [8, 8]),
            (true, true, [7, 7]), (true, false, [6, 7]),
        ] {
            let loss = Autograd.record {
                (usesA ? a.wrappedValue : 0 * a.wrappedValue.detached())
                    + (usesB ? b.wrappedValue : 0 * b.wrappedValue.detached())
            }
            loss.backward()
            _ = step(.ones([1]))
            #expect(try block.values == expected)
        }
        #expect(message { _ = step(.ones([1])) }.contains("call backward()"))
    }

    @Test func parametersThatAreReadButNotDependedOn() throws {
        let block = Two()
        let trainer = Trainer(block.parameters, .sgd(learningRate: 1, weightDecay: 0.1))
        let loss = Autograd.record {
            _ = block.b * 2
            return block.a * 1
        }
        loss.backward()
        #expect(try block.$b.gradient?.scalar(as: Double.self) == 0)
        trainer.step()
        #expect(try block.values == [8, 10])
    }

    @Test func allGradientsCanBeRequired() throws {
        let block = Two()
        let trainer = Trainer(
            block.parameters, .sgd(learningRate: 1), requiringAllGradients: true)
        Autograd.record { block.a * 1 }.backward()
        #expect(message { trainer.step() }.contains("does not depend on b"))
        #expect(try block.values == [10, 10])
        let step = DataParallelStep(trainer, shards: Shards(2)) { x, _ in (x * block.a, x) }
        let two = NDArray.ones([2], dtype: .f64)
        #expect(message { _ = step(two, two) }.contains("does not depend on b"))
        block.parameters.matching("b").freeze()
        trainer.step()
        #expect(try block.values == [9, 10])
    }

    @Test func aStepWithoutNewGradientsIsAMistake() throws {
        let block = Two()
        let trainer = Trainer(block.parameters, .sgd(learningRate: 1))
        #expect(message { trainer.step() }.contains("a has no gradient"))
        Autograd.record { block.a + block.b }.backward()
        trainer.step()
        #expect(message { trainer.step() }.contains("used by an earlier step"))
        #expect(try block.values == [9, 9])
        // The same when it is traced.
        let text = message {
            _ = hybridize { (x: NDArray) in
                trainer.step()
                return x
            }(.ones([1]))
        }
        #expect(text.contains("used by an earlier step"), "\(text)")
        #expect(try block.values == [9, 9])
        // Frozen in between, a gradient is forgotten.
        Autograd.record { block.a + block.b }.backward()
        block.parameters.matching("b").freeze()
        block.parameters.matching("b").unfreeze()
        trainer.step()
        #expect(try block.values == [8, 9])
        // Clipping makes no gradient new.
        block.parameters.clipGradients(toGlobalNorm: 0.5)
        #expect(message { trainer.step() }.contains("used by an earlier step"))
        Autograd.record { block.a * 1 }.backward()
        block.parameters.clipGradients(toGlobalNorm: 0.5)
        trainer.step()
        let values = try block.values
        #expect(abs(values[0] - 7.5) < 1e-5 && values[1] == 9)
    }

    @Test(arguments: [false, true]) func gradientsAddUpOverSeveralBackwards(isHybrid: Bool) throws {
        let block = Two()
        for element in block.parameters { element.parameter.gradientMode = .add }
        let trainer = Trainer(block.parameters, .sgd(learningRate: 1))
        let part: @Sendable (NDArray) -> NDArray = { x in
            let losses = Autograd.record { block.a * x + block.b * x }
            losses.backward()
            return losses
        }
        let hybrid = hybridize(part)
        for round in 1...3 {
            for _ in 0..<2 {
                _ = isHybrid ? hybrid(.ones([1], dtype: .f64)) : part(.ones([1], dtype: .f64))
            }
            trainer.step(batchSize: 2)
            for element in block.parameters { element.parameter.gradient = nil }
            #expect(try block.values == [10.0 - Double(round), 10.0 - Double(round)])
        }
    }

    // MARK: Whose parameters

    @Test func twoTrainersOfTheSameParameters() throws {
        let block = Two()
        var first: Trainer? = Trainer(block.parameters, .sgd(learningRate: 1))
        let text = message {
            _ = Trainer(block.parameters.matching("b"), .sgd(learningRate: 1))
        }
        #expect(text.contains("another trainer, which is still alive, moves b"), "\(text)")
        // Having been refused leaves the first as it is.
        #expect(message { _ = Trainer(block.parameters, .adam()) }.contains("moves a, b"))
        withExtendedLifetime(first) {}
        first = nil
        let second = Trainer(block.parameters, .sgd(learningRate: 1))
        Autograd.record { block.a + block.b }.backward()
        second.step()
        #expect(try block.values == [9, 9])
    }

    /// Two trainers over the parts of one loss, as of a generator and its critic.
    @Test(arguments: [false, true]) func adversariesTakeTurns(isHybrid: Bool) throws {
        RandomSource.seed(4)
        let generator = Dense(3, inputs: 2)
        let critic = Dense(1, inputs: 3)
        let ours = Trainer(generator.parameters, .sgd(learningRate: 0.1))
        let theirs = Trainer(critic.parameters, .sgd(learningRate: 0.1))
        let turn: @Sendable (NDArray) -> NDArray = { noise in
            let fake = Autograd.record { critic(generator(noise)) }
            fake.backward()
            ours.step(batchSize: 4)
            let real = Autograd.record {
                critic(generator(noise).detached())
                    - critic(noise.sum(over: 1, keepingDimensions: true) * .ones([1, 3]))
            }
            real.backward()
            theirs.step(batchSize: 4)
            return fake
        }
        let noise = NDArray.range(count: 8).reshaped(to: [4, 2]).cast(to: .f32).sin()
        let hybrid = hybridize(turn)
        var before =
            try critic.weight.scalars(as: Float.self) + generator.weight.scalars(as: Float.self)
        for _ in 0..<3 {
            _ = isHybrid ? hybrid(noise) : turn(noise)
            let after =
                try critic.weight.scalars(as: Float.self) + generator.weight.scalars(as: Float.self)
            #expect(after[0] != before[0] && after[3] != before[3])
            before = after
        }
        // One backward, two steps.
        Autograd.record { critic(generator(noise)) }.backward()
        ours.step(batchSize: 4)
        theirs.step(batchSize: 4)
        #expect(message { theirs.step(batchSize: 4) }.contains("used by an earlier step"))
    }

    @Test func ownUpdatesNeedNoTrainer() throws {
        let block = Two()
        for _ in 0..<2 {
            Autograd.record { block.a * 1 }.backward()
            block.$a.update { $0 -= block.$a.gradient! }
        }
        #expect(try block.values == [8, 10])
        // Gradients of another loss are none of a trainer's business.
        let other = Two()
        let trainer = Trainer(other.parameters, .sgd(learningRate: 1))
        Autograd.record { other.a + other.b }.backward()
        trainer.step()
        #expect(try other.values == [9, 9])
    }

    private final class Hidden: Sendable {
        let inner = Dense(1, inputs: 1, usesBias: false)
    }

    @Test(arguments: 0..<4) func parametersInClosuresAreMissed(kind: Int) throws {
        let hidden = Dense(2, inputs: 2)
        let network = Sequential {
            Lambda { hidden($0) }
            Dense(1, inputs: 2)
        }
        let x = NDArray.ones([2, 2])
        func train(_ trainer: Trainer) {
            switch kind {
            case 0:
                Autograd.record { network(x) }.backward()
                trainer.step(batchSize: 2)
            case 1:
                _ = hybridize { (x: NDArray) in
                    let losses = Autograd.record { network(x) }
                    losses.backward()
                    trainer.step(batchSize: 2)
                    return losses
                }(x)
            default:
                let step = DataParallelStep(
                    trainer, shards: Shards(2), hybridizedWith: kind == 2 ? nil : HybridOptions()
                ) { x, _ in
                    let scores = network(x)
                    return (scores, scores)
                }
                _ = step(x, x)
            }
        }
        var trainer: Trainer? = Trainer(network.parameters, .sgd(learningRate: 1))
        let before = try network.parameters[0].parameter.wrappedValue.scalars(as: Float.self)
        let text = message { train(trainer!) }
        #expect(text.contains("2 parameters that no trainer has (f32[2, 2], f32[2])"), "\(text)")
        #expect(text.contains("allowingUntrained: true"), "\(text)")
        #expect(try network.parameters[0].parameter.wrappedValue.scalars(as: Float.self) == before)
        // Another trainer's are its own affair.
        var other: Trainer? = Trainer(hidden.parameters, .sgd(learningRate: 1))
        train(trainer!)
        withExtendedLifetime(other) {}
        other = nil
        hidden.parameters.freeze()
        train(trainer!)
        hidden.parameters.unfreeze()
        trainer = nil
        trainer = Trainer(network.parameters, .sgd(learningRate: 1), allowingUntrained: true)
        train(trainer!)
        #expect(try network.parameters[0].parameter.wrappedValue.scalars(as: Float.self) != before)
    }

    @Test func nothingToTrainIsAMistake() throws {
        let network = Sequential { Dense(1, inputs: 1) }
        let empty = message {
            _ = Trainer(network.parameters.matching { $0.name.hasPrefix("fc") }, .adam())
        }
        #expect(
            empty.contains("no parameter is to be trained; there are 0.weight, 0.bias"), "\(empty)")
        let trainer = Trainer(network.parameters, .adam())
        network.parameters.freeze()
        let x = NDArray.ones([1, 1])
        let frozen = message { trainer.step() }
        #expect(frozen.contains("every parameter is frozen"), "\(frozen)")
        #expect(frozen.contains("0.weight, 0.bias"), "\(frozen)")
        let step = DataParallelStep(trainer) { x, _ in (network(x), x) }
        #expect(message { _ = step(x, x) }.contains("every parameter is frozen"))
        let fits = message {
            _ = Trainer(
                network.parameters, .adam(), multipliers: [ParameterMultipliers("body.*")])
        }
        #expect(fits.contains("no parameter's name fits 'body.*'"), "\(fits)")
    }

    // MARK: Means

    private func losses(_ network: Dense, _ x: NDArray) -> NDArray {
        softmaxCrossEntropy(network(x), NDArray([0, 1, 2, 0, 1, 2] as [Int64]))
    }

    /// Losses of a batch of 6, and whether they are means over the batch.
    private static let shapes:
        [(name: String, isMean: Bool, loss: @Sendable (NDArray, NDArray) -> NDArray)] = [
            ("per sample", false, { losses, _ in losses }),
            ("sum", false, { losses, _ in losses.sum() }),
            ("half of the sum", false, { losses, _ in losses.sum() / 2 }),
            ("weighted sum", false, { losses, _ in losses.sum() * 0.5 }),
            (
                "mean over classes, per sample", false,
                { _, scores in scores.square().mean(over: 1) }
            ),
            (
                "sum of means over classes", false,
                { _, scores in scores.square().mean(over: 1).sum() }
            ),
            ("centred", false, { _, scores in (scores - scores.mean(over: 0)).square().sum() }),
            ("steps first", false, { _, scores in scores.square().transposed().mean(over: 0) }),
            ("penalty", false, { losses, _ in losses.sum() }),
            ("mean", true, { losses, _ in losses.mean() }),
            ("scaled mean", true, { losses, _ in -(losses.mean() * 0.5) }),
            ("mean of all", true, { _, scores in scores.square().mean() }),
            (
                "mean over the batch, then the sum", true,
                { _, scores in scores.square().mean(over: 0).sum() }
            ),
            ("two means", true, { losses, scores in losses.sum() * 0 + scores.mean() }),
            ("flattened mean", true, { _, scores in scores.flattened().square().mean() }),
            ("sum by the size", true, { losses, _ in losses.sum() / 6 }),
            ("sum by the count", true, { _, scores in scores.square().sum() / 18 }),
            ("root", true, { losses, _ in losses.square().mean().squareRoot() }),
            ("sum times one over the size", true, { losses, _ in losses.sum() * (1.0 / 6) }),
            ("in single precision", true, { losses, _ in -losses.sum() * Double(1 / Float(6)) }),
            ("weighted and divided", true, { losses, _ in losses.sum() * 0.5 / 6 }),
            (
                "sum over the batch, then over classes, by the size", true,
                { _, scores in scores.square().sum(over: 0).sum() / 6 }
            ),
            ("a tenth of the sum", false, { losses, _ in losses.sum() * 0.1 }),
            (
                "second loss whose weight is one over the size", false,
                { losses, scores in losses.sum() + scores.square().sum() * (1.0 / 6) }
            ),
            (
                "two weights", false,
                { losses, scores in losses.sum() * 0.5 + scores.square().sum() / 6 }
            ),
            // A number in an array may be a weight as well.
            ("sum by an array", false, { losses, _ in losses.sum() / NDArray.full([], 6) }),
        ]

    @Test(arguments: 0..<26) func meansAreNotDividedAgain(index: Int) throws {
        let (name, isMean, loss) = Self.shapes[index]
        let x = NDArray.range(count: 24).reshaped(to: [6, 4]).cast(to: .f32).sin()
        let labels = NDArray([0, 1, 2, 0, 1, 2] as [Int64])
        for kind in 0..<3 {
            RandomSource.seed(7)
            let network = Dense(3, inputs: 4)
            let trainer = Trainer(network.parameters, .sgd(learningRate: 0.1))
            let fast = hybridize { (x: NDArray, labels: NDArray) -> NDArray in
                let scores = network(x)
                return loss(softmaxCrossEntropy(scores, labels), scores)
            }
            func step(_ batchSize: Int) {
                let forward: @Sendable (NDArray, NDArray) -> NDArray = { x, labels in
                    let scores = network(x)
                    let penalty = name == "penalty" ? network.weight.square().mean() : nil
                    let value = loss(softmaxCrossEntropy(scores, labels), scores)
                    return penalty.map { value + $0 } ?? value
                }
                switch kind {
                case 0:
                    Autograd.record { forward(x, labels) }.backward()
                    trainer.step(batchSize: batchSize)
                case 1:
                    _ = hybridize { (x: NDArray, labels: NDArray) in
                        let losses = Autograd.record { forward(x, labels) }
                        losses.backward()
                        trainer.step(batchSize: batchSize)
                        return losses
                    }(x, labels)
                default:
                    // The loss is compiled, backward() and the step are not.
                    Autograd.record { fast(x, labels) }.backward()
                    trainer.step(batchSize: batchSize)
                }
            }
            let before = try network.weight.scalars(as: Float.self)
            if isMean {
                let text = message { step(6) }
                #expect(text.contains("call step()"), "\(name), \(kind): \(text)")
                #expect(try network.weight.scalars(as: Float.self) == before)
            } else {
                step(6)
                #expect(try network.weight.scalars(as: Float.self) != before, "\(name), \(kind)")
            }
            step(1)
        }
    }

    /// The sum of several means becomes their mean.
    @Test func severalMeansMayBeDividedByTheirNumber() throws {
        let network = Dense(3, inputs: 4)
        for element in network.parameters { element.parameter.gradientMode = .add }
        let trainer = Trainer(network.parameters, .sgd(learningRate: 0.1))
        let x = NDArray.range(count: 24).reshaped(to: [6, 4]).cast(to: .f32).sin()
        for _ in 0..<3 { Autograd.record { losses(network, x).mean() }.backward() }
        #expect(message { trainer.step(batchSize: 6) }.contains("call step()"))
        trainer.step(batchSize: 3)
        for _ in 0..<6 { Autograd.record { losses(network, x).mean() }.backward() }
        trainer.step(batchSize: 6)
    }

    @Test func stepsWithoutABatchSizeDoNotDivide() throws {
        func train(_ step: (Dense, Trainer, NDArray) -> Void) throws -> [Float] {
            RandomSource.seed(7)
            let network = Dense(3, inputs: 4)
            let trainer = Trainer(network.parameters, .sgd(learningRate: 0.1))
            let x = NDArray.range(count: 24).reshaped(to: [6, 4]).cast(to: .f32).sin()
            for _ in 0..<3 { step(network, trainer, x) }
            return try network.weight.scalars(as: Float.self)
        }
        let divided = try train { network, trainer, x in
            Autograd.record { losses(network, x) }.backward()
            trainer.step(batchSize: 6)
        }
        let mean = try train { network, trainer, x in
            Autograd.record { losses(network, x).mean() }.backward()
            trainer.step()
        }
        for (a, b) in zip(divided, mean) { #expect(abs(a - b) < 1e-5) }
    }

    @Test(arguments: [false, true]) func shardsGiveALossForEachSample(isHybrid: Bool) throws {
        let network = Dense(3, inputs: 4)
        let trainer = Trainer(network.parameters, .sgd(learningRate: 0.1))
        let step = DataParallelStep(
            trainer, shards: Shards(2), hybridizedWith: isHybrid ? HybridOptions() : nil
        ) { x, _ in
            let scores = network(x)
            return (scores.square().mean(), scores)
        }
        let text = message { _ = step(.ones([6, 4]), .ones([6])) }
        #expect(text.contains("the losses have shape [] for 3 samples"), "\(text)")
    }

    // MARK: Trainers that come and go

    private func network() -> (all: Sequential, parts: [Dense]) {
        let parts = [Dense(2, inputs: 2), Dense(2, inputs: 2)]
        return (Sequential { for part in parts { part } }, parts)
    }

    /// A trace knows nothing of who has a trainer at its later calls.
    @Test func tracesDoNotRememberTrainers() throws {
        let (network, parts) = network()
        let backward = hybridize { (x: NDArray) -> NDArray in
            let losses = Autograd.record { network(x).sum(over: 1) }
            losses.backward()
            return losses
        }
        func train(_ parameters: ParameterList) {
            let trainer = Trainer(parameters, .sgd(learningRate: 0.1))
            _ = backward(.ones([3, 2]))
            trainer.step()
        }
        train(network.parameters)
        let text = message { train(parts[1].parameters) }
        #expect(text.contains("2 parameters that no trainer has"), "\(text)")
        train(network.parameters)
    }

    @Test func tracedStepsDoNotRememberOtherTrainers() throws {
        let (network, parts) = network()
        let trainer = Trainer(parts[1].parameters, .sgd(learningRate: 0.1))
        let step = hybridize { (x: NDArray) -> NDArray in
            let losses = Autograd.record { network(x).sum(over: 1) }
            losses.backward()
            trainer.step()
            return losses
        }
        let parallel = DataParallelStep(trainer, shards: Shards(2)) { x, _ in
            let scores = network(x)
            return (scores.sum(over: 1), scores)
        }
        func train() {
            _ = step(.ones([3, 2]))
            _ = parallel(.ones([3, 2]), .ones([3]))
        }
        func trainTogether() {
            let other = Trainer(parts[0].parameters, .sgd(learningRate: 0.1))
            train()
            withExtendedLifetime(other) {}
        }
        trainTogether()
        #expect(message { _ = step(.ones([3, 2])) }.contains("that no trainer has"))
        let text = message { _ = parallel(.ones([3, 2]), .ones([3])) }
        #expect(text.contains("that no trainer has"), "\(text)")
        trainTogether()
    }
}
