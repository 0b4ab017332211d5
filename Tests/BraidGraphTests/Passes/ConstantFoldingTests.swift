import BraidCore
import BraidGraph
import BraidOperators
import BraidTestSupport
import Testing

@Suite(.printsSeed) struct ConstantFoldingTests {
    private let x = Symbol.variable("x", .f32, [4])

    private func folded(_ outputs: [Symbol], from inputs: [Symbol] = []) throws -> Graph {
        let graph = Graph(outputs, from: inputs)
        let result = try ConstantFolding().verifiedRun(on: graph)
        if inputs.isEmpty { #expect(try result.evaluated([]) == graph.evaluated([])) }
        return result
    }

    private func constants(_ graph: Graph) -> [Graph.Constant] {
        graph.nodes.compactMap {
            if case .constant(let constant) = $0.kind { constant } else { nil }
        }
    }

    @Test func whatDependsOnNothingIsComputed() throws {
        let table = Symbol.range(count: 4).sin()
        let graph = try folded([x * table], from: [x])
        #expect(graph.operatorNames == ["binary"])
        let expected = try GraphEvaluator([table])([])[0]
        #expect(constants(graph).last?.array.elements == expected.elements)
        let product = Symbol.range(count: 6).reshaped(to: [2, 3]).matmul(.ones([3, 2]))
        #expect(try folded([product]).operatorNames == ["reshape", "fill"])
    }

    @Test func summariesCountNodes() {
        let graph = Graph([x * Symbol.range(count: 4).sin()], from: [x])
        #expect(ConstantFolding().run(on: graph).summary == "folded 2 nodes")
    }

    /// A constant of a large shape would only take memory.
    @Test func arraysOfEqualElementsStayFills() throws {
        let zeros = Symbol.zeros([1000, 1000])
        let graph = try folded([zeros, (zeros + 2) * 3, zeros.transposed().reshaped(to: [-1])])
        #expect(constants(graph).isEmpty)
        #expect(graph.operatorNames.allSatisfy { $0 == "fill" })
        let fill = try #require(graph.nodes[graph.outputs[1].node].op as? Fill)
        #expect(fill.value == 6)
        #expect(fill.shape == [1000, 1000])
        // A sum of few equal elements is computed, of many it is not: those would have to be made.
        #expect(try folded([Symbol.ones([8]).sum()]).operatorNames == ["fill"])
        #expect(try folded([zeros.sum()]).operatorNames == ["fill", "reduction"])
    }

    @Test func fillsKeepBits() throws {
        Seeds.repeated(50) { generator in
            let dtype = generator.pick(DType.allCases.filter(\.isArithmetic))
            let values = [0, 1, -0.0, .infinity, .nan, 3e9, 0.1].filter(dtype.holds)
            let operands = (0..<2).map { _ in
                Symbol.full([3], generator.pick(values), dtype: dtype)
            }
            let outputs = [
                operands[0] - operands[1], operands[0] / operands[1], -operands[0],
                operands[0] .< operands[1], operands[0].cast(to: .f16), operands[1].cast(to: .i64),
                minimum(operands[0], operands[1]),
            ]
            _ = try folded(outputs)
        }
    }

    @Test func viewsOfConstantsStayViews() throws {
        let y = Symbol.variable("y", .f32, [3, 2])
        let table = Symbol.range(count: 6).reshaped(to: [2, 3])
        let graph = try folded([table.transposed() + y], from: [y])
        #expect(constants(graph).map(\.type) == [TensorType(.f32, [6])])
        #expect(graph.operatorNames == ["reshape", "transpose", "binary"])
        // What is computed from views is not a view any more.
        let sums = try folded([table.transposed().sum(over: 0) * y[0]], from: [y])
        #expect(sums.operatorNames.filter { $0 == "reduction" }.isEmpty)
    }

    @Test func largeResultsAreNotKept() throws {
        // 64 KiB are kept, more is not.
        let limit = (1 << 16) / 4
        #expect(try folded([Symbol.range(count: limit)]).operatorNames.isEmpty)
        #expect(try folded([Symbol.range(count: limit + 1)]).operatorNames == ["range"])
        let outer = Symbol.range(count: 256).reshaped(to: [256, 1]) + Symbol.range(count: 256)
        #expect(try folded([outer]).operatorNames == ["reshape", "binary"])
    }

    /// A view of few elements may have many: it is not computed from.
    @Test func largeViewsAreNotWalkedThrough() throws {
        let many = Symbol.range(count: 1 << 10).broadcast(to: [1 << 20, 1 << 10])
        let y = Symbol.variable("y", .f32, [])
        let graph = Graph([many.sum() + y], from: [y])
        let result = try ConstantFolding().verifiedRun(on: graph)
        #expect(result.operatorNames == ["broadcast", "reduction", "binary"])
    }

    @Test func randomNodesAreNotFolded() throws {
        let key = Symbol.range(count: 2, dtype: .i64)
        let noise = Symbol.apply(RandomUniform(shape: [3], dtype: .f32, from: 0, to: 1), key)
        #expect(try folded([noise]).operatorNames == ["random_uniform"])
    }
}
