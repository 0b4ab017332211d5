import BraidCore
import BraidGraph
import BraidOperators
import Testing

@Suite struct PipelineTests {
    private let x = Symbol.variable("x", .f32, [4])

    private var graph: Graph {
        let table = Symbol.range(count: 4).sin()
        let same = [x, x].map { ($0 * 2 + table).exp() }
        return Graph([same[0] + same[1]], from: [x])
    }

    @Test func passesRunInOrder() throws {
        let names = [
            "constant-folding", "common-subexpressions", "dead-nodes", "pointwise-fusion",
            "scheduling",
        ]
        #expect(OptimizationPipeline.passNames == names)
        let (result, records) = try OptimizationPipeline(OptimizationOptions(verifying: true))
            .run(on: graph)
        #expect(records.map(\.pass) == names)
        #expect(
            records.map(\.summary) == [
                "folded 2 nodes", "merged 3 nodes into others", "removed 1 node",
                "fused 4 nodes into 1", "kept the order, 0 bytes alive at most",
            ])
        #expect(records.first?.nodesBefore == graph.nodes.count)
        for (record, next) in zip(records, records.dropFirst()) {
            #expect(record.nodesAfter == next.nodesBefore)
        }
        #expect(records.last?.nodesAfter == result.nodes.count)
        #expect(result.operatorNames == ["fused_pointwise"])
    }

    @Test func passesMayBeLeftOut() throws {
        for name in OptimizationPipeline.passNames {
            let pipeline = try OptimizationPipeline(OptimizationOptions(disabling: [name]))
            let passes = try pipeline.run(on: graph).records.map(\.pass)
            #expect(passes == OptimizationPipeline.passNames.filter { $0 != name })
        }
        let nothing = OptimizationOptions(disabling: Set(OptimizationPipeline.passNames))
        let (result, records) = try OptimizationPipeline(nothing).run(on: graph)
        #expect(records.isEmpty)
        #expect(result.nodes.count == graph.nodes.count)
    }

    @Test func unknownNamesAreListed() {
        let options = OptimizationOptions(disabling: ["fusion", "dead-nodes", "algebra"])
        let error = #expect(throws: UnknownPassError.self) { try OptimizationPipeline(options) }
        #expect(
            error?.description
                == "no pass is called 'algebra', 'fusion'; the passes are constant-folding, "
                + "common-subexpressions, dead-nodes, pointwise-fusion, scheduling")
    }

    /// A pass that changes bits is left out in exact mode; one that breaks a graph is caught.
    @Test func exactnessAndVerification() throws {
        struct Approximate: GraphPass {
            static let name = "approximate"
            static let isExact = false
            func run(on graph: Graph) -> PassResult {
                PassResult(graph: graph, summary: "changed bits")
            }
        }
        struct Broken: GraphPass {
            static let name = "broken"
            static let isExact = true
            func run(on graph: Graph) -> PassResult {
                PassResult(
                    graph: Graph(nodes: [], inputs: [], outputs: graph.outputs), summary: "broke it"
                )
            }
        }
        #expect(OptimizationPipeline.allPasses.allSatisfy { type(of: $0).isExact })
        let passes: [any GraphPass] = [DeadNodes(), Approximate()]
        let exact = OptimizationPipeline(passes, OptimizationOptions(exact: true))
        #expect(try exact.run(on: graph).records.map(\.pass) == ["dead-nodes"])
        let broken = OptimizationPipeline([Broken()], OptimizationOptions(verifying: true))
        let error = #expect(throws: GraphError.self) { try broken.run(on: graph) }
        #expect(error?.description.hasPrefix("after broken: outputs: output 0") == true)
        let illegal = Graph(nodes: [], inputs: [], outputs: [Graph.Value(0)])
        #expect(throws: GraphError.self) {
            try OptimizationPipeline(OptimizationOptions(verifying: true)).run(on: illegal)
        }
    }
}
