import BraidCore
import BraidGraph
import BraidOperators
import BraidTestSupport
import Testing

/// Random graphs give the same bits however they are optimised, planned and ordered.
@Suite(.printsSeed) struct DifferentialTests {
    @Test func randomGraphs() {
        var drawn: Set<String> = []
        var repetitions = 0
        Seeds.repeated(1_000) { generator in
            let random = RandomGraph(generator.int(1...20), hasGradients: false, &generator)
            drawn.formUnion(random.drawn)
            repetitions += 1
            try check(random, &generator)
        }
        // One seed alone, repeated after a failure, draws a few.
        for type in Catalog.operators where repetitions > 1 {
            #expect(drawn.contains(type.name), "no graph has the operator \(type.name)")
        }
    }

    @Test func randomGraphsWithGradients() {
        var differentiated: Set<String> = []
        var repetitions = 0
        Seeds.repeated(700) { generator in
            let random = RandomGraph(generator.int(1...14), hasGradients: true, &generator)
            differentiated.formUnion(random.differentiated)
            repetitions += 1
            try check(random, &generator)
        }
        let operators = Catalog.operators.filter { !$0.traits.contains(.notDifferentiable) }
        for type in operators where repetitions > 1 {
            #expect(
                differentiated.contains(type.name), "no gradient flowed through \(type.name)")
        }
    }

    @Test func randomPointwiseGraphs() {
        Seeds.repeated(500) { generator in
            let random = RandomGraph(pointwise: generator.int(2...60), &generator)
            try check(random, &generator)
        }
    }

    @Test(arguments: Network.all) func networks(_ network: Network) throws {
        var generator = SeededGenerator(seed: 1)
        let arguments = generator.arguments(of: network.graph)
        try check(network.graph, arguments, &generator)
    }

    private func check(_ random: RandomGraph, _ generator: inout SeededGenerator) throws {
        try check(random.graph, random.arguments, &generator)
    }

    private func check(
        _ graph: Graph, _ arguments: [Graph.Constant], _ generator: inout SeededGenerator
    ) throws {
        try graph.verify()
        let expected = try graph.evaluated(arguments)
        for pass in OptimizationPipeline.allPasses {
            let result = try pass.verifiedRun(on: graph)
            let difference = try firstDifference(result.evaluated(arguments), expected)
            #expect(difference == nil, "\(type(of: pass).name) alone")
        }
        let pipeline = try OptimizationPipeline(OptimizationOptions(verifying: true))
        let optimized = try pipeline.run(on: graph).graph
        let difference = try firstDifference(optimized.evaluated(arguments), expected)
        #expect(difference == nil, "all passes")
        try checkPlan(of: graph, arguments, expected, &generator)
        try checkPlan(of: optimized, arguments, expected, &generator)
    }

    private func checkPlan(
        of graph: Graph, _ arguments: [Graph.Constant], _ expected: [Graph.Constant],
        _ generator: inout SeededGenerator
    ) throws {
        let plan = ExecutionPlan(
            graph, inputLayouts: generator.oneIn(3) ? generator.layouts(of: graph) : nil,
            updating: generator.oneIn(2) ? generator.updates(of: graph) : [],
            isSequential: generator.oneIn(4))
        for problem in PlanChecker(graph, plan).problems() { Issue.record("\(problem)") }
        let run = PlanRun(plan: plan)
        let orders = [run.order, run.order(&generator), run.order(&generator)]
        for (index, order) in orders.enumerated() {
            let splitter = index > 0 ? ShuffledSplitter(seed: generator.next()) : nil
            let garbage: UInt8 = index % 2 == 0 ? 0xA5 : 0x5A
            let outputs = try run(arguments, order: order, garbage: garbage, splitter: splitter)
            let difference = firstDifference(outputs, expected)
            #expect(difference == nil, "plan, order \(order)")
        }
    }

    /// The first difference in bits. Of NaNs neither sign nor payload is compared: processors take them from
    /// either operand, and IEEE 754 leaves it to them.
    private func firstDifference(
        _ outputs: [Graph.Constant], _ expected: [Graph.Constant]
    ) -> String? {
        for (index, pair) in zip(outputs, expected).enumerated() where pair.0 != pair.1 {
            if pair.0.type != pair.1.type { return "output \(index) is a \(pair.0.type)" }
            let size = pair.0.type.dtype.size
            let (found, wanted) = (pair.0.array.elements, pair.1.array.elements)
            for byte in pair.0.bytes.indices where pair.0.bytes[byte] != pair.1.bytes[byte] {
                let element = byte / size
                if found[element].isNaN && wanted[element].isNaN { continue }
                return "output \(index), a \(pair.0.type), differs in element \(element): "
                    + "\(found[element]), not \(wanted[element])"
            }
        }
        return outputs.count == expected.count ? nil : "\(outputs.count) outputs"
    }
}

extension HostElement {
    fileprivate var isNaN: Bool { if case .real(let value) = self { value.isNaN } else { false } }
}

extension SeededGenerator {
    /// Outputs that may replace inputs, as far as types go.
    fileprivate mutating func updates(of graph: Graph) -> [ExecutionPlan.Update] {
        graph.outputs.indices.compactMap { output in
            let type = graph.type(of: graph.outputs[output])
            let alike = graph.inputs.indices.filter {
                graph.nodes[graph.inputs[$0]].types == [type]
            }
            return alike.randomElement(using: &self).map {
                ExecutionPlan.Update(output: output, replaces: $0)
            }
        }
    }

    /// Arrays that are views of others: dimensions in another order, gaps, an offset.
    fileprivate mutating func layouts(of graph: Graph) -> [Layout] {
        graph.inputs.map { input in
            let shape = graph.nodes[input].types[0].shape
            var layout = Layout(dense: shape)
            if oneIn(2) { return layout }
            var next = int(1...2)
            for axis in (0..<shape.rank).shuffled(using: &self) {
                layout.strides[axis] = next
                next *= max(shape[axis], 1) + int(0...1)
            }
            layout.offset = int(0...3)
            return layout
        }
    }
}

extension Network: CustomTestStringConvertible {
    var testDescription: String { name }
}
