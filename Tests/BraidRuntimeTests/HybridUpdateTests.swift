import Braid
import BraidTestSupport
import Testing

/// Hybridized functions write over the arrays of the parameters that they change.
///
/// Runs alone: it counts storage copies and requests for memory of the process.
@Suite(.serialized) struct HybridUpdateTests {
    private let x = NDArray([1, -2, 3] as [Double])

    private func step(_ weight: Parameter) -> @Sendable (NDArray) -> NDArray {
        { input in
            let loss = Autograd.record { (weight.wrappedValue * input - 1).square().sum() }
            loss.backward()
            weight.update { $0 -= weight.gradient! * 0.01 }
            return loss
        }
    }

    private func values(_ array: NDArray) throws -> [Double] { try array.scalars(as: Double.self) }

    @Test(arguments: [Parameter.GradientMode.write, .add])
    func arraysStayWhereTheyAre(_ mode: Parameter.GradientMode) throws {
        let (plain, traced) = (Parameter(x), Parameter(x))
        plain.gradientMode = mode
        traced.gradientMode = mode
        let fast = hybridize(step(traced))
        for _ in 0..<2 {
            _ = step(plain)(x)
            _ = fast(x)
        }
        let value = ObjectIdentifier(traced.wrappedValue.storage)
        let gradient = ObjectIdentifier(traced.gradient!.storage)
        let copies = NDArray.storageCopyCount
        for _ in 0..<5 {
            #expect(try values(fast(x)) == values(step(plain)(x)))
            #expect(ObjectIdentifier(traced.wrappedValue.storage) == value)
            #expect(ObjectIdentifier(traced.gradient!.storage) == gradient)
        }
        #expect(NDArray.storageCopyCount == copies)
        #expect(try values(traced.wrappedValue) == values(plain.wrappedValue))
        #expect(try values(traced.gradient!) == values(plain.gradient!))
    }

    @Test func snapshotsStayWhatTheyWere() throws {
        let weight = Parameter(x)
        let fast = hybridize(step(weight))
        _ = fast(x)
        let (value, gradient) = (weight.wrappedValue, weight.gradient!)
        let view = weight.wrappedValue[1...]
        let old = try (values(value), values(gradient), values(view))
        for _ in 0..<3 { _ = fast(x) }
        #expect(try values(value) == old.0)
        #expect(try values(gradient) == old.1)
        #expect(try values(view) == old.2)
        #expect(try values(weight.wrappedValue) != old.0)
    }

    /// The argument of the call and its result are the parameter's own array.
    @Test func theParameterMayBeArgumentAndResult() throws {
        let weight = Parameter(x)
        let fast = hybridize { (input: NDArray) -> NDArray in
            weight.update { $0 += input }
            return weight.wrappedValue
        }
        var results: [NDArray] = []
        for _ in 0..<3 { results.append(fast(weight.wrappedValue)) }
        #expect(try results.map(values) == [[2, -4, 6], [4, -8, 12], [8, -16, 24]])
        #expect(try values(weight.wrappedValue) == [8, -16, 24])
    }

    @Test func parametersMayGetTheSameArray() throws {
        let (a, b) = (Parameter(x), Parameter(x))
        let fast = hybridize { (input: NDArray) -> NDArray in
            let sum = a.wrappedValue + input
            a.wrappedValue = sum
            b.wrappedValue = sum
            return sum
        }
        let first = fast(x)
        _ = fast(x)
        #expect(try values(first) == [2, -4, 6])
        #expect(try values(a.wrappedValue) == [3, -6, 9])
        a.wrappedValue += 1
        #expect(try values(b.wrappedValue) == [3, -6, 9])
    }

    /// What a gradient rule reads stays, though the call changes the parameter.
    @Test func recordedCallsKeepTheOldValue() throws {
        let (weight, statistic) = (Parameter(x), Parameter(NDArray([10, 10, 10] as [Double])))
        let fast = hybridize { (input: NDArray) -> NDArray in
            let y = weight.wrappedValue * statistic.wrappedValue * input
            Autograd.pause { statistic.update { $0 += 1 } }
            return y
        }
        for round in 0..<3 {
            Autograd.record { fast(NDArray([1, 1, 1] as [Double])).sum() }.backward()
            #expect(try values(weight.gradient!) == Array(repeating: 10 + Double(round), count: 3))
        }
        #expect(try values(statistic.wrappedValue) == [13, 13, 13])
    }

    @Test func everyConcurrentCallCountsOnce() async throws {
        let (a, b) = (Parameter(NDArray([0] as [Double])), Parameter(NDArray([0] as [Double])))
        let forth = hybridize { (x: NDArray) -> NDArray in
            a.update { $0 += x }
            b.update { $0 += a.wrappedValue * 0 + 1 }
            return b.wrappedValue
        }
        let back = hybridize { (x: NDArray) -> NDArray in
            b.update { $0 += x }
            a.update { $0 += b.wrappedValue * 0 + 1 }
            return a.wrappedValue
        }
        let one = NDArray([1] as [Double])
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<6 {
                group.addTask {
                    for _ in 0..<100 { _ = task.isMultiple(of: 2) ? forth(one) : back(one) }
                }
            }
            group.addTask {
                for _ in 0..<200 {
                    let (snapshot, again) = (
                        a.wrappedValue, try? a.wrappedValue.scalar(as: Double.self)
                    )
                    let value = try? snapshot.scalar(as: Double.self)
                    let second = try? snapshot.scalar(as: Double.self)
                    #expect(value == second && value! <= again! && again! <= 600)
                }
            }
        }
        #expect(try a.wrappedValue.scalar(as: Double.self) == 600)
        #expect(try b.wrappedValue.scalar(as: Double.self) == 600)
    }

    /// The result and the gradient carry the failure; the parameter keeps its value.
    @Test func aFailedArgumentLeavesWhatTheCallChanges() throws {
        let weight = Parameter(x)
        let fast = hybridize(step(weight))
        _ = fast(x)
        let old = try values(weight.wrappedValue)
        var failed = NDArray([1, 1, 1] as [Double])
        _ = try? validating { failed = x + NDArray([1, 2] as [Double]) }
        let loss = fast(failed)
        #expect(throws: EngineError.self) { try values(loss) }
        #expect(throws: EngineError.self) { try values(weight.gradient!) }
        #expect(try values(weight.wrappedValue) == old)
        #expect(try values(fast(x)).count == 1)
        #expect(try values(weight.gradient!).count == 3)
        #expect(try values(weight.wrappedValue) != old)
    }

    @Test func steadyStepsAskTheSystemForNoMemory() throws {
        let network = Models.mlp(hidden: [64, 32])
        let trainer = Trainer(network.parameters, .adam())
        let step: @Sendable (NDArray, NDArray) -> (NDArray, NDArray) = { x, labels in
            let (loss, scores) = Autograd.record { () -> (NDArray, NDArray) in
                let scores = network(x)
                return (softmaxCrossEntropy(scores, labels), scores)
            }
            loss.backward()
            trainer.step(batchSize: x.shape[0])
            return (loss, scores)
        }
        // Large enough for a push.
        let (x, labels) = (NDArray.ones([64, 100]), NDArray.zeros([64], dtype: .i64))
        _ = network(x)
        let fast = hybridize(step)
        func run(_ count: Int) throws {
            for _ in 0..<count {
                _ = fast(x, labels)
                try Runtime.waitAll()
            }
        }
        try run(5)
        let (requests, copies) = (MemoryPool.systemRequestCount, NDArray.storageCopyCount)
        try run(20)
        #expect(MemoryPool.systemRequestCount == requests)
        #expect(NDArray.storageCopyCount == copies)
    }

    /// As plain code does: after a mistake inside `validating` parameters stay what they are.
    @Test func nothingChangesAfterAMistake() throws {
        let (weight, trained) = (Parameter(x), Parameter(x))
        let fast = hybridize { (input: NDArray) -> NDArray in
            weight.update { $0 += input }
            return input
        }
        let learn = hybridize(step(trained))
        _ = (fast(x), learn(x))
        let old = try (values(weight.wrappedValue), values(trained.wrappedValue))
        let gradient = try values(trained.gradient!)
        func callAfterAMistake() {
            var results: [NDArray] = []
            #expect(throws: ArrayError.self) {
                try validating {
                    _ = x + NDArray([1, 2] as [Double])
                    results = [fast(x * 2), learn(x * 2)]
                }
            }
            for result in results { #expect(throws: EngineError.self) { try values(result) } }
        }
        callAfterAMistake()
        #expect(try values(weight.wrappedValue) == old.0)
        #expect(try values(trained.wrappedValue) == old.1)
        #expect(try values(trained.gradient!) == gradient)
        // There is no value to change.
        weight.initialize()
        callAfterAMistake()
        #expect(try values(weight.wrappedValue) == [0, 0, 0])
        #expect(try values(fast(x)) == values(x))
        #expect(try values(weight.wrappedValue) == values(x))
    }

    @Test func theCapacityForTracesStaysPositive() throws {
        var options = HybridOptions(traceCapacity: 2)
        for wrong in [0, -1] {
            #expect(throws: ArrayError.self) { try validating { options.traceCapacity = wrong } }
            #expect(options.traceCapacity == 2)
            var made = options
            #expect(throws: ArrayError.self) {
                try validating { made = HybridOptions(traceCapacity: wrong) }
            }
            let fast = hybridize(options: made) { (x: NDArray) in x * 2 }
            for count in 1...4 {
                #expect(try values(fast(.ones([count], dtype: .f64))).count == count)
            }
        }
    }
}
