import BraidCore
import BraidGraph
import BraidOperators
import BraidTestSupport
import Testing

@Suite struct CommonSubexpressionsTests {
    private let a = Symbol.variable("a", .f32, [3])
    private let b = Symbol.variable("b", .f32, [3])
    private let c = Symbol.variable("c", .f32, [3])

    private func savings(_ outputs: [Symbol], from inputs: [Symbol]? = nil) throws -> Int {
        let graph = Graph(outputs, from: inputs ?? [a, b, c])
        let result = CommonSubexpressions().run(on: graph)
        let saved = try graph.nodes.count - result.graph.verified().nodes.count
        #expect(result.summary == "merged \(saved) node\(saved == 1 ? "" : "s") into others")
        return saved
    }

    @Test func savingsAreExact() throws {
        #expect(try savings([(a + 1) + (a + 2)]) == 0)
        #expect(try savings([(a + b) + (a + b)]) == 1)
        #expect(try savings([((a + b) + c) * ((a + b) + c)]) == 2)
        // Equal operators on other values, or other operators on equal values.
        #expect(try savings([(a + b) * (b + a), a - b, a.exp(), b.exp()]) == 0)
    }

    @Test func outputsMayMerge() throws {
        let graph = Graph([a.exp(), a.exp(), a.exp().sin()], from: [a])
        let result = try CommonSubexpressions().verifiedRun(on: graph)
        #expect(result.operationCount == 2)
        #expect(result.outputs[0] == result.outputs[1])
    }

    @Test func oneSweepReachesTheFixedPoint() throws {
        // Each level becomes equal only after the one below was merged.
        var (left, right) = (a, a)
        for level in 1...20 {
            left = (left * Double(level)).sin()
            right = (right * Double(level)).sin()
        }
        let graph = Graph([left + right], from: [a])
        let once = try CommonSubexpressions().verifiedRun(on: graph)
        #expect(once.operationCount == 41)
        #expect(try CommonSubexpressions().verifiedRun(on: once).operationCount == 41)
    }

    @Test func randomNodesStayApart() throws {
        let key = Symbol.randomKey()
        func noise() -> Symbol {
            Symbol.apply(RandomUniform(shape: [3], dtype: .f32, from: 0, to: 1), key)
        }
        #expect(try savings([noise() + noise()], from: [key]) == 0)
    }

    /// 0 and -0 are equal numbers, but what is added to or divided by them is not the same.
    @Test func attributesCountByBits() throws {
        #expect(try savings([a + 0.0, a + -0.0]) == 0)
        #expect(try savings([1 / (a * 0.0), 1 / (a * -0.0)]) == 0)
        #expect(try savings([Symbol.full([3], 0), Symbol.full([3], -0.0)]) == 0)
        #expect(try savings([a + .nan, a + .nan]) == 1)
        #expect(BinaryScalar(.add, 0) != BinaryScalar(.add, -0.0))
        #expect(BinaryScalar(.add, .nan) == BinaryScalar(.add, .nan))
    }

    @Test func constantsMerge() throws {
        #expect(try savings([a + Symbol.ones([3]), b + Symbol.ones([3])]) == 1)
        let type = TensorType(.f32, [])
        let one = Graph.Constant(type, bytes: HostArray(.f32, [], [1]).constant.bytes)
        let node = Graph.Node(.constant(one), types: [type])
        let graph = Graph(nodes: [node, node], inputs: [], outputs: [.init(0), .init(1)])
        #expect(try CommonSubexpressions().verifiedRun(on: graph).nodes.count == 1)
    }
}
