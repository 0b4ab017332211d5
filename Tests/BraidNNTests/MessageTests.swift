import Braid
import Synchronization
import Testing

/// What messages of mistakes say of the place: the block's path, and the caller's line.
@Suite struct MessageTests {
    /// The mistake in `body`, inside `validating`.
    private func mistake(_ body: () -> Void) -> String {
        do {
            try validating(body)
            return "none"
        } catch { return "\(error)" }
    }

    private let wrong = NDArray.ones([2, 7])

    /// Takes the first layer's output and asks the second one for the impossible.
    private static let network = Sequential {
        Dense(4, inputs: 3)
        Sequential {
            Dense(4, inputs: 4)
            Dense(5, inputs: 3)
        }
    }

    @Test func theBlocksPathIsNamed() {
        let message = mistake { _ = Self.network(.ones([2, 3])) }
        #expect(message.contains("in block 1.1 (Dense)"), "\(message)")
        let outermost = mistake { _ = Dense(4, inputs: 3)(wrong) }
        #expect(outermost.contains("in block Dense"), "\(outermost)")
        #expect(!mistake { _ = wrong.softmax(axis: 9) }.contains("block"))
    }

    @Test func theBlocksPathIsNamedInsideTraces() {
        let fast = Self.network.hybridized()
        let message = mistake { _ = fast(.ones([2, 3])) }
        #expect(message.contains("in block 1.1 (Dense)"), "\(message)")
        let summary = mistake {
            do { _ = try Self.network.summary(of: TensorType(.f32, [2, 3])) } catch {
                (error as? ArrayError)?.report()
            }
        }
        #expect(summary.contains("in block 1.1 (Dense)"), "\(summary)")
    }

    /// Layers without parameters are equal values: in a row their number tells them apart.
    @Test func equalBlocksInARowAreToldApart() {
        let network = Sequential {
            Flatten()
            Lambda { $0.sum(over: 1) }
            Flatten()
        }
        let message = mistake { _ = network(wrong) }
        let once = mistake {
            _ = Sequential {
                Flatten(); Softmax3(); Softmax3()
            }(wrong)
        }
        #expect(message.contains("none") || message.contains("in block 2 (Flatten)"), "\(message)")
        #expect(once.contains("in block 1 (Softmax3)"), "\(once)")
    }

    private struct Softmax3: Block {
        func forward(_ x: NDArray) -> NDArray { x.softmax(axis: 3) }
    }

    private struct Twice: Block {
        let first = Softmax3()
        let second = Softmax3()
        func forward(_ x: NDArray) -> NDArray { second(x) }
    }

    private struct Maker: Block {
        func forward(_ x: NDArray) -> NDArray { Dense(2, inputs: 3)(x) }
    }

    @Test func whatCannotBeToldIsNotGuessed() {
        let twice = mistake { _ = Twice()(wrong) }
        #expect(twice.contains("in block first or second (Softmax3)"), "\(twice)")
        let made = mistake { _ = Maker()(wrong) }
        #expect(made.contains("in block Dense, made in Maker"), "\(made)")
    }

    /// The path is that of the call, not of the thread: nothing of it is left behind, and other threads
    /// and tasks do not see it.
    @Test func pathsStayWithTheirCalls() async {
        struct Runs: Block {
            let body: @Sendable () -> Void
            func forward(_ x: NDArray) -> NDArray {
                body()
                return x
            }
        }
        _ = mistake { _ = Self.network(.ones([2, 3])) }
        #expect(!mistake { _ = wrong.softmax(axis: 9) }.contains("block"))
        final class Messages: Sendable { let list = Mutex<[String]>([]) }
        let messages = Messages()
        let x = wrong
        let block = Runs {
            let done = NDArray.zeros([1])
            Runtime.engine.push("job", overwrites: [done.storage]) {
                do { try validating { _ = x.softmax(axis: 9) } } catch {
                    messages.list.withLock { $0.append("\(error)") }
                }
            }
            try? done.waitUntilReady()
        }
        for _ in 0..<20 { _ = block(x) }
        for message in messages.list.withLock({ $0 }) {
            #expect(!message.contains("block"), "\(message)")
        }
        #expect(messages.list.withLock { $0.count } == 20)
    }

    /// What is wrong shows when the result is read, after the block has returned.
    @Test(arguments: [false, true])
    func resultsOfJobsNameTheBlockThatPushedThem(isQueued: Bool) throws {
        let network = Sequential {
            Flatten()
            Sequential { Embedding(4, width: 2) }
        }
        func failure(_ call: (NDArray) -> NDArray) -> String {
            let indices = NDArray([1, 9] as [Int64], shape: [1, 2])
            var result = indices
            if isQueued {
                // Nobody knows yet what the indices are.
                let gate = NDArray.zeros([1])
                let isPushed = Atomic(false)
                Runtime.engine.push("gate", updates: [indices.storage, gate.storage]) {
                    while !isPushed.load(ordering: .acquiring) {}
                }
                result = call(indices)
                isPushed.store(true, ordering: .releasing)
            } else {
                result = call(indices)
            }
            do throws(EngineError) {
                try result.waitUntilReady()
                return "none"
            } catch { return "\(error)" }
        }
        let eager = failure { network($0) }
        #expect(
            eager.contains("index 9") && eager.contains("in block 1.0 (Embedding); read at "),
            "\(eager)")
        let fast = network.hybridized()
        _ = fast(NDArray([1, 2] as [Int64], shape: [1, 2]))
        // Of a compiled network that one is known.
        let compiled = failure { fast($0) }
        #expect(
            compiled.contains("index 9") && compiled.contains("in block Sequential"), "\(compiled)")
    }

    @Test func readsNameTheCallersLine() throws {
        let integers = NDArray([1, 2] as [Int32])
        @Sendable func description(_ body: () throws -> Void) -> String {
            do {
                try body()
                return "none"
            } catch { return "\(error)" }
        }
        let place = "called at BraidNNTests/MessageTests.swift:\(#line + 1)"
        let scalars = description { _ = try integers.scalars(as: Float.self) }
        #expect(scalars.hasPrefix("scalars(as:): an array of i32 cannot be read as Float"))
        #expect(scalars.hasSuffix(place), "\(scalars)")
        #expect(description { _ = try integers.scalar(as: Int32.self) }.contains("no one element"))
        #expect(
            description { _ = try NDArray(1 as Int32).scalar(as: Float.self) }
                .hasPrefix("scalar(as:): an array of i32"))
        // Inside `validating` the mistake is known even when the error is caught.
        #expect(mistake { _ = try? integers.scalars(as: Float.self) }.contains("cannot be read"))
        let failed = NDArray.failed([TensorType(.f32, [])], label: "load", CancellationError())[0]
        let read = #expect(throws: EngineError.self) { try failed.scalar(as: Float.self) }
        let line = "BraidNNTests/MessageTests.swift:\(#line - 1)"
        #expect(read?.location == line)
        #expect(
            read?.description == "job 'load' failed: CancellationError(); read at \(line)",
            "\(read!)")
        let doubled = hybridize { (x: NDArray) in
            let text = description { _ = try x.scalars(as: Float.self) }
            return text.contains("value of a trace") ? x * 2 : x
        }
        #expect(try doubled(.ones([2])).scalars(as: Float.self) == [2, 2])
    }

    // Out of the macro's expansion, whose lines are not those of this file.
    private static let stopLine = #line + 1
    private static func stop() { _ = NDArray.ones([2]).softmax(axis: 9) }

    @Test func backwardAndInitialisersNameTheCallersLine() {
        let line = #line + 1
        let unrecorded = mistake { wrong.backward() }
        #expect(
            unrecorded.hasSuffix("called at BraidNNTests/MessageTests.swift:\(line)"),
            "\(unrecorded)")
        let array = mistake { _ = NDArray([1, 2] as [Float], shape: [3]) }
        #expect(
            array.hasSuffix("called at BraidNNTests/MessageTests.swift:\(#line - 1)"), "\(array)")
        let layer = mistake { _ = MaxPool2D(2, stride: 0) }
        #expect(
            layer.hasSuffix("called at BraidNNTests/MessageTests.swift:\(#line - 1)"), "\(layer)")
    }

    @Test func whatTrainsNamesTheCallersLine() {
        let network = Dense(2, inputs: 3)
        let trainer = Trainer(network.parameters, .sgd(learningRate: 0.1))
        let parallel = DataParallelStep(trainer) { x, y in (network(x).sum(over: 1), y) }
        let data = ArrayDataset(inputs: .ones([4, 3]), labels: .zeros([4]))
        let sampler = SequentialSampler()
        let calls: [(line: Int, () -> Void)] = [
            (#line, { trainer.step(batchSize: 0) }),
            (#line, { trainer.step() }),
            (#line, { _ = Trainer(network.parameters, .adam()) }),
            (#line, { _ = parallel(.ones([2, 3]), .ones([3])) }),
            (#line, { _ = DataParallelStep(trainer, workers: 9) { ($0, $1) } }),
            (#line, { _ = DataLoader(data, batchSize: 0) }),
            (#line, { _ = DataLoader(data, batchSize: 2, sampler: sampler, workers: -1) }),
            (#line, { _ = Optimizer.sgd(learningRate: -1) }),
            (#line, { _ = Optimizer.adamW(beta1: 1) }),
            (#line, { _ = Optimizer.lars(trust: .nan) }),
            (#line, { _ = LearningRateSchedule.cosine(steps: 0) }),
            (#line, { _ = LearningRateSchedule.factor(-1, every: 2) }),
            (#line, { _ = LearningRateSchedule.constant.warmedUp(over: -1) }),
            (#line, { _ = ParameterMultipliers("*", weightDecay: -1) }),
        ]
        for (line, call) in calls {
            let message = mistake(call)
            #expect(
                message.hasSuffix("called at BraidNNTests/MessageTests.swift:\(line)"), "\(message)"
            )
        }
    }

    /// What throws does not stop the program.
    @Test func functionsThatThrowNeverStop() throws {
        let unknown = #expect(throws: ArrayError.self) {
            try Sequential { Dense(3) }.saveParameters(to: "/nowhere/parameters")
        }
        #expect(unknown?.message.contains("0.weight, 0.bias") == false)
        #expect(unknown?.message.contains("0.weight") == true, "\(unknown!)")
        let network = Dense(2, inputs: 3)
        let model = try network.model(for: [TensorType(.f32, [1, 3])])
        let wrongShape = #expect(throws: ModelError.self) { try model.outputs(for: [wrong]) }
        #expect(wrongShape?.message.contains("f32[1, 3]") == true, "\(wrongShape!)")
        #expect(throws: ModelError.self) { try model.outputs(for: []) }
        #expect(try model.outputs(for: [.ones([1, 3])])[0].shape == [1, 2])
        #expect(throws: ArrayError.self) {
            try NamedNetwork.mlp.build(for: [TensorType(.f32, [1, 8, 8])], classes: -1)
        }
    }

    /// Operators take no line: a mistake that stops the program finds it on the stack.
    @Test func theLineIsFoundOnTheStack() async {
        let result = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            Self.stop()
        }
        let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #if DEBUG
            #expect(message.contains("called at /"), "\(message)")
            #expect(message.contains("MessageTests.swift:\(Self.stopLine)"), "\(message)")
        #else
            #expect(message.contains("softmax: axis 9"), "\(message)")
        #endif
    }
}
