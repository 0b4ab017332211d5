import Braid
import BraidPlatform
import BraidTestSupport
import Testing

/// A value of a trace that is used after the trace is a mistake that `validating` throws, and that fails a job:
/// by whatever way it is used, the process goes on.
struct EscapedValueTests {
    private typealias Use = @Sendable (_ escaped: NDArray, _ loss: NDArray) throws -> Void

    private static let graph: Graph = {
        let x = Symbol.variable("x", .f32, [2, 2])
        return Graph(computing: [x * x], from: [x], names: ["x"])
    }()
    private static let known: HybridFunction<NDArray, NDArray> = {
        let function = hybridize { (x: NDArray) in x * x }
        _ = function(.ones([2, 2]))
        return function
    }()

    private static let uses: [(name: String, body: Use)] = [
        ("operator", { x, _ in _ = x.exp() }),
        ("second operand", { x, _ in _ = NDArray.ones([2, 2]) + x }),
        ("three operands", { x, _ in _ = select(x .> 0, x, .ones([2, 2])) }),
        ("several operands", { x, _ in _ = concatenated([.ones([2, 2]), x]) }),
        ("several outputs", { x, _ in _ = x.qr() }),
        ("view", { x, _ in _ = x.transposed() }),
        ("row", { x, _ in _ = x[0] }),
        ("looked at", { x, _ in _ = x.gathered(at: NDArray([0] as [Int64])) }),
        (
            "operand of an update",
            { x, _ in
                var y = NDArray.ones([2, 2])
                y += x
            }
        ),
        (
            "updated",
            { x, _ in
                var y = x
                y += 1
            }
        ),
        (
            "row of it updated",
            { x, _ in
                var y = x
                y[0] += 1
            }
        ),
        (
            "assigned to a row",
            { x, _ in
                var y = NDArray.ones([3, 2, 2])
                y[0] = x
            }
        ),
        ("hybridized function", { x, _ in _ = hybridize { (x: NDArray) in x * x }(x) }),
        ("hybridized function that was called before", { x, _ in _ = Self.known(x) }),
        ("compiled graph", { x, _ in _ = Self.graph.compiled()([x]) }),
        ("model", { x, _ in _ = try Model(graph: Self.graph, parameters: [])([x]) }),
        (
            "store",
            { x, _ in
                let store = LocalStore(Shards(2))
                store.push(x, key: 0, shard: 0)
                store.push(x, key: 0, shard: 1)
            }
        ),
        (
            "running average",
            { x, _ in Parameter(NDArray.ones([2, 2])).moveAverage(toward: x, momentum: 0.5) }
        ),
        (
            "metric",
            { x, _ in
                var mean = MeanLoss()
                mean.update(x)
            }
        ),
        ("gradient", { x, _ in _ = gradient(at: x) { $0 * $0 } }),
        (
            "custom function",
            { x, _ in
                _ = Autograd.custom([.ones([2, 2])]) { _ in
                    [x]
                } backward: { _, _, dy in
                    dy
                }
            }
        ),
        (
            "seed",
            { x, _ in
                let weight = Parameter(NDArray.ones([2, 2]))
                Autograd.record { weight.wrappedValue * 2 }.backward(seed: x)
            }
        ),
        ("loss", { _, loss in loss.backward() }),
        ("value of a parameter", { x, _ in Parameter(NDArray.ones([2, 2])).wrappedValue = x }),
    ]

    /// A value of a trace that has ended, and one that was recorded there.
    private static let escaped: (value: NDArray, loss: NDArray) = {
        let kept = Locked<[NDArray]>([])
        let weight = Parameter(NDArray.ones([2, 2]))
        _ = hybridize { (x: NDArray) -> NDArray in
            let loss = Autograd.record { weight.wrappedValue * x }
            kept.withLock { $0 = [x.exp(), loss] }
            return x
        }(.ones([2, 2]))
        return kept.withLock { ($0[0], $0[1]) }
    }()

    @Test(arguments: uses.indices)
    func theProcessGoesOn(_ index: Int) throws {
        let (name, use) = Self.uses[index]
        let (value, loss) = Self.escaped
        let error = #expect(throws: ArrayError.self, "\(name)") {
            try validating { try use(value, loss) }
        }
        #expect(error?.description.contains("value of a trace") == true, "\(name): \(error!)")
        let done = Variable()
        Runtime.engine.push("use", overwrites: [done]) { try use(value, loss) }
        let failure = #expect(throws: EngineError.self, "\(name)") {
            try Runtime.engine.wait(for: done)
        }
        #expect(failure?.underlying is ArrayError, "\(name): \(failure!)")
        try? Runtime.waitAll()
    }

    /// Functions that throw throw, and stop nothing outside `validating`.
    @Test func modelsThrow() throws {
        let model = try Model(graph: Self.graph, parameters: [])
        #expect(throws: ModelError.self) { try model.outputs(for: [Self.escaped.value]) }
        #expect(throws: ModelError.self) { try model(["x": Self.escaped.value]) }
    }
}
