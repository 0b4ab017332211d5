import Braid
import BraidPlatform
import BraidTestSupport
import Foundation
import Testing

/// Sizes that no memory holds are errors, and stop nothing.
struct MemoryLimitTests {
    private let huge: Shape = [1 << 31, 1 << 24]
    /// More than half of what there is.
    private var half: Shape { [1 << 12, MemoryPool.byteCountLimit >> 15 + 1] }

    @Test func arraysOfAbsurdSizesAreErrors() throws {
        for shape in [huge, [1 << 31, 1 << 30], [1 << 12, MemoryPool.byteCountLimit >> 14 + 1]]
            as [Shape]
        {
            let error = #expect(throws: ArrayError.self) {
                try validating { _ = NDArray.zeros(shape) + 1 }
            }
            #expect(error?.code == .outOfMemory)
        }
        #expect(TensorType(.f64, [1 << 31, 1 << 30]).byteCount == .max)
    }

    @Test func modelsWithSuchValuesCannotBeMade() throws {
        let x = Symbol.variable("x", .f32, [1])
        for shape in [huge, [1 << 31, 1 << 30]] as [Shape] {
            let graph = Graph(
                computing: [(x.broadcast(to: shape) * 2).sum()], from: [x], names: ["x"])
            let error = #expect(throws: ModelError.self) { try Model(graph: graph, parameters: []) }
            #expect(error?.code == .tooLarge)
            #expect(error?.message.contains("bytes") == true)
            #expect(throws: GraphError.self) {
                try CompiledGraph(checking: graph, options: OptimizationOptions())
            }
        }
    }

    /// What a graph says of itself is asked of the budget, in code and from a file.
    @Test func modelsAskTheBudget() throws {
        let x = Symbol.variable("x", .f32, [1])
        let graph = Graph(
            computing: [(x.broadcast(to: [1000, 1000]) * 2).sum()], from: [x], names: ["x"])
        let model = try Model(graph: graph, parameters: [])
        try SerializationSupport.withFolder { folder in
            let path = folder.appending(path: "m.braid").path
            try model.write(to: path)
            try MemoryBudget.limited(to: 8_000_000) { _ = try Model(contentsOfFile: path) }
            MemoryBudget.limited(to: 3_999_999) {
                let error = #expect(throws: ModelError.self) {
                    try Model(graph: graph, parameters: [])
                }
                #expect(error?.code == .tooLarge)
                let read = #expect(throws: ModelFileError.self) { try Model(contentsOfFile: path) }
                #expect(read?.code == .tooLarge)
                #expect(read?.message.contains("bytes") == true)
            }
        }
    }

    /// The limit that counts is that of the call.
    @Test func callsAskForTheLimitOfTheirTime() async {
        // The limit is the process's.
        await #expect(processExitsWith: .success) {
            let x = Symbol.variable("x", .f32, [1 << 20])
            let graph = Graph(computing: [x.exp(), x.tanh()], from: [x], names: ["x"])
            let argument = NDArray.zeros([1 << 20])
            let limit = Runtime.memoryLimit
            Runtime.memoryLimit = 6 << 20
            let compiled = CompiledGraph(graph)
            let error = #expect(throws: EngineError.self) {
                try compiled([argument])[1].waitUntilReady()
            }
            #expect("\(error!)".contains("bytes"))
            Runtime.memoryLimit = limit
            try compiled([argument])[1].waitUntilReady()
        }
    }

    @Test func callsForWhichThereIsNoMemoryReportWhenRead() throws {
        let x = Symbol.variable("x", .f32, [1])
        let wide = x.broadcast(to: half)
        let graph = Graph(
            computing: [wide.exp(), wide.tanh(), x + 1], from: [x], names: ["x"])
        let compiled = CompiledGraph(graph)
        for _ in 0..<2 {
            for result in compiled([NDArray([1] as [Float])]) {
                let error = #expect(throws: EngineError.self) { try result.waitUntilReady() }
                #expect("\(error!)".contains("bytes"))
                #expect(throws: EngineError.self) { try result.scalars(as: Float.self) }
                // Further work inherits the error.
                #expect(throws: EngineError.self) { try result.sum().scalar(as: Float.self) }
            }
        }
    }

    /// What is left counts, and not the limit alone.
    @Test func whatIsLeftCounts() async {
        await #expect(processExitsWith: .success) {
            let type = TensorType(.f32, [4 << 20])
            let constant = Graph.Node(
                .constant(
                    Graph.Constant(type, bytes: [UInt8](repeating: 0, count: type.byteCount))),
                types: [type])
            let graph = Graph(
                nodes: [Graph.Node(.input(name: "x"), types: [type]), constant], inputs: [0],
                outputs: [Graph.Value(1)])
            let model = try Model(graph: graph, parameters: [])
            let weight = Parameter(NDArray.ones(type.shape))
            weight.gradientMode = .add
            let move = hybridize { (x: NDArray) -> NDArray in
                weight.update { $0 += x }
                return x
            }
            let learn = hybridize { (x: NDArray) -> NDArray in
                let loss = Autograd.record { (weight.wrappedValue * 2).sum() }
                loss.backward()
                return loss
            }
            let small = hybridize { (y: NDArray) -> NDArray in
                weight.update { $0 = $0 * 2 }
                return y
            }
            let argument = NDArray.ones(type.shape)
            _ = (move(argument), small(NDArray(Float(1))))
            let snapshot = weight.wrappedValue
            try Runtime.waitAll()
            Runtime.trim()
            let limit = Runtime.memoryLimit
            // The weight, which the snapshot shares, and the argument.
            Runtime.memoryLimit = 40 << 20

            func isShort(_ body: () throws -> Void) -> Bool {
                do {
                    try validating(body)
                    return false
                } catch { return "\(error)".contains("bytes") }
            }
            precondition(isShort { _ = try CompiledGraph(checking: graph, options: .init()) })
            precondition(isShort { _ = graph.compiled() })
            precondition(isShort { _ = graph.applied(to: [argument]) })
            do throws(ModelError) {
                _ = try model.outputs(for: [argument])
                fatalError("there is memory")
            } catch { precondition(error.code == .tooLarge) }
            precondition(
                isShort {
                    let store = LocalStore(Shards(2))
                    store.push(argument, key: 0, shard: 0)
                    store.push(argument, key: 0, shard: 1)
                })
            // Of calls for which there is no memory the results say so, and the parameter stays.
            for _ in 0..<2 {
                precondition((try? small(NDArray(Float(1))).waitUntilReady()) == nil)
                precondition((try? learn(argument).waitUntilReady()) == nil)
            }
            Runtime.memoryLimit = limit
            precondition(try! weight.wrappedValue[0].scalar(as: Float.self) == 4)
            precondition(try! snapshot[0].scalar(as: Float.self) == 4)
            try small(NDArray(Float(1))).waitUntilReady()
            try Runtime.waitAll()
            precondition(try! weight.wrappedValue[0].scalar(as: Float.self) == 8)
        }
    }
}
