import BraidCore
import BraidGraph
import BraidOperators
import BraidTestSupport
import Testing

/// Graphs made of symbols by hand.
@Suite struct SymbolGraphTests {
    private let x = Symbol.variable("x", .f32, [2, 3])
    private let y = Symbol.variable("y", .f32, [3])

    private func names(_ graph: Graph) -> [String] { graph.inputs.map(graph.inputName) }

    @Test func variablesBecomeInputsInTheOrderOfTheirUse() throws {
        let sum = y + x
        let graph = try Graph(outputs: [sum * x, sum.sum()]).verified()
        #expect(names(graph) == ["y", "x"])
        #expect(graph.inputs.map { graph.nodes[$0].types[0] } == [y.type, x.type])
        #expect(graph.outputs.map(graph.type) == [x.type, TensorType(.f32, [])])
        #expect(graph.operatorNames == ["binary", "binary", "reduction"])
        #expect(try names(Graph(outputs: [x + y])) == ["x", "y"])
        #expect(try names(Graph(outputs: [x, y])) == ["x", "y"])
        // Whatever else was computed from the variables is no part of the graph.
        _ = x.matmul(y)
        #expect(try Graph(outputs: [x]).nodes.count == 1)
        #expect(try Graph(outputs: []).nodes.isEmpty)
    }

    @Test func valuesAreThoseOfTheOperators() throws {
        let graph = try Graph(outputs: [(x * 2 + y).sum(over: 1)])
        let a = HostArray(.f32, [2, 3], [1, 2, 3, 4, 5, 6])
        let b = HostArray(.f32, [3], [10, 20, 30])
        let result = try graph.evaluated([a.constant, b.constant])
        #expect(result == [HostArray(.f32, [2], [72, 90]).constant])
    }

    @Test func variablesOfOneNameAreRefused() {
        for other in [x.type, TensorType(.f64, [4])] {
            let second = Symbol.variable("x", other.dtype, other.shape)
            let error = #expect(throws: GraphError.self) {
                try Graph(outputs: [x.sum(), second.sum()])
            }
            #expect(
                error?.description == "inputs: two variables are called 'x', f32[2, 3] and "
                    + "\(other); use one symbol for both, or other names")
        }
    }

    @Test func valuesOfTracesAreRefused() {
        final class Source: Sendable {}
        let captured = Symbol(Node(.captured(Source()), inputs: [], types: [x.type]))
        let error = #expect(throws: GraphError.self) { try Graph(outputs: [x + captured]) }
        #expect(error?.description.contains("a value of a trace") == true)
        #expect(error?.description.contains("f32[2, 3]") == true)
    }

    @Test func randomKeysAreInputsOfTheirOwn() throws {
        let noisy = x + .normal([2, 3]) * .bernoulli([3], probability: 0.5)
        let graph = try Graph(outputs: [noisy]).verified()
        #expect(names(graph) == ["x", "random key 1", "random key 2"])
        #expect(graph.inputs.map(graph.isRandomKey) == [false, true, true])
        // Passes keep them, used or not.
        let optimized = try OptimizationPipeline(OptimizationOptions(verifying: true)).run(
            on: graph)
        #expect(
            optimized.graph.inputs.map(optimized.graph.isRandomKey) == [false, true, true])
        // A key that the caller gives is an input like others.
        let own = Symbol.variable("key", .i64, [2])
        let given = try Graph(outputs: [
            .apply(RandomUniform(shape: [4], dtype: .f32, from: 0, to: 1), own)
        ])
        #expect(given.inputs.map(given.isRandomKey) == [false])
    }

    @Test func keysOfOtherTypesAreRefused() {
        let type = TensorType(.f32, [2])
        let graph = Graph(
            nodes: [Graph.Node(.input(name: "k", isRandomKey: true), types: [type])], inputs: [0],
            outputs: [.init(0)])
        let error = #expect(throws: GraphError.self) { try graph.verify() }
        #expect(error?.description.contains("is a random key, i64[2], but has type f32[2]") == true)
    }

    /// What is wrong is named by operator, shapes and the expressions that were given.
    @Test func mistakesNameOperatorAndSymbols() {
        func message(_ body: () -> Void) -> String {
            do {
                try validating(body)
                return "no mistake"
            } catch {
                return "\(error)"
            }
        }
        let w = Symbol.variable("weights", .f32, [4, 5])
        #expect(
            message { _ = (x * 2).exp() + w }
                == "add: shapes [2, 3] and [4, 5] do not broadcast; aligned at the end, extents must "
                + "be equal or 1 (operands: exponential(multiply('x')), 'weights')")
        let product = message { _ = ((x + y).relu() - x).matmul(w) }
        #expect(product.hasPrefix("matmul: "))
        #expect(
            product.hasSuffix("(operands: subtract(relu(add(…)), 'x'), 'weights')"), "\(product)")
        #expect(message { _ = x.sum(over: 5) }.hasSuffix("(operand: 'x')"))
        #expect(
            message { _ = concatenated([x, x, w, x, x]) }.hasSuffix(
                "(operands: 'x', 'x', 'weights', 'x', 'x')"))
        #expect(
            message { _ = (x + .normal([2, 3])).reshaped(to: [4]) }.hasSuffix(
                "(operand: add('x', random_normal(a random key)))"))
        #expect(message { _ = Symbol.full([3], 0.5, dtype: .i32) }.hasPrefix("fill: "))
    }

    @Test func gradientsByHand() throws {
        let slopes = gradients(of: (x * x * y).sum(), at: [x, y, .variable("z", .f32, [7])])
        #expect(slopes.map(\.type) == [x.type, y.type, TensorType(.f32, [7])])
        let graph = try Graph(outputs: slopes)
        let a = HostArray(.f32, [2, 3], [1, 2, 3, 4, 5, 6])
        let b = HostArray(.f32, [3], [10, 20, 30])
        #expect(
            try graph.evaluated(names(graph).map { $0 == "x" ? a.constant : b.constant })
                == [
                    HostArray(.f32, [2, 3], [20, 80, 180, 80, 200, 360]).constant,
                    HostArray(.f32, [3], [17, 29, 45]).constant,
                    HostArray(.f32, [7], [0, 0, 0, 0, 0, 0, 0]).constant,
                ])
        // Of second order: 6 x.
        let curvature = gradient(of: gradient(of: (x * x * x).sum(), at: x), at: x)
        #expect(
            try Graph(outputs: [curvature]).evaluated([a.constant])
                == [HostArray(.f32, [2, 3], [6, 12, 18, 24, 30, 36]).constant])
    }

    @Test func gradientsOfWholeNumbersAreRefused() {
        let index = Symbol.variable("index", .i64, [2])
        let error = #expect(throws: ArrayError.self) {
            try validating { gradient(of: x.sum(), at: index) }
        }
        #expect(error?.description == "gradient: takes f32 or f64, not i64[2] ('index')")
    }
}
