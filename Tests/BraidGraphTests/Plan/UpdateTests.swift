import BraidCore
import BraidGraph
import BraidOperators
import BraidTestSupport
import Testing

/// Outputs that replace inputs: parameters that a training step changes.
@Suite(.printsSeed) struct UpdateTests {
    private let x = Symbol.variable("x", .f32, [8, 8])
    private let w = Symbol.variable("w", .f32, [8, 8])

    /// The plan, which gives the right results in several orders.
    private func plan(
        _ graph: Graph, _ updates: [ExecutionPlan.Update]
    ) throws -> ExecutionPlan {
        let plan = ExecutionPlan(graph, updating: updates)
        #expect(PlanChecker(graph, plan).problems() == [])
        var generator = SeededGenerator(seed: 5)
        let arguments = generator.arguments(of: graph)
        let expected = try graph.evaluated(arguments)
        let run = PlanRun(plan: plan)
        for order in [run.order, run.order(&generator), run.order(&generator)] {
            let results = try run(arguments, order: order, garbage: 0xA5, splitter: nil)
            #expect(results == expected)
        }
        return plan
    }

    private let first = ExecutionPlan.Update(output: 0, replaces: 1)

    @Test func updatesAreWrittenInPlace() throws {
        let plan = try plan(Graph([w - x.matmul(w) * 0.1], from: [x, w]), [first])
        #expect(plan.outputs[0].place == .input(1))
        #expect(plan.outputBuffers.isEmpty)
    }

    /// Other steps that read the old value come first, though no value leads from them to the update.
    @Test func readersOfTheOldValueComeFirst() throws {
        let loss = x.matmul(w)
        let updated = w - x * 0.1
        let graph = Graph(
            nodes: Graph([loss, updated], from: [x, w]).nodes, inputs: [0, 1],
            outputs: [.init(4), .init(2)])
        #expect(graph.operatorNames == ["matmul", "binary_scalar", "binary"])
        let plan = try plan(graph, [first])
        #expect(plan.outputs[0].place == .input(1))
        #expect(plan.steps[2].dependencies == [0, 1])
    }

    @Test func whatMustNotBeWrittenInPlaceIsNot() throws {
        let outputs: [(String, [Symbol])] = [
            ("a product reads all elements", [x.matmul(w)]),
            ("the transpose reads other places", [w.transposed() + x]),
            ("the old value is returned", [w - x, w]),
            ("a view of the old value is returned", [w - x, w[0]]),
            ("a later step reads the old value", [w - x, (w - x).matmul(w)]),
            ("the output is a view of the input", [w]),
            ("the output is no array of its own", [(w - x).transposed()]),
            ("other elements", [(w - x).cast(to: .i32)]),
        ]
        for (reason, outputs) in outputs {
            let plan = try plan(Graph(outputs, from: [x, w]), [first])
            let written = plan.steps.flatMap(\.results).map(\.place)
            #expect(!written.contains(.input(1)), "\(reason)")
        }
        // Where the product does not read the old value, it may take its place.
        let other = try plan(Graph([x.matmul(x)], from: [x, w]), [first])
        #expect(other.outputs[0].place == .input(1))
    }

    @Test func oneArrayIsReplacedOnce() throws {
        let graph = Graph([w - x, w + x], from: [x, w])
        let twice = try plan(graph, [first, ExecutionPlan.Update(output: 1, replaces: 1)])
        #expect(twice.outputs.filter { $0.place == .input(1) }.count <= 1)
    }

    /// Every parameter of a step of training is updated in place, with and without fusion.
    @Test(arguments: Network.all.filter { $0.name.hasSuffix("training") })
    func trainingUpdatesAllParameters(_ network: Network) throws {
        let graph = network.graph
        let updates = (1..<graph.outputs.count).map {
            ExecutionPlan.Update(output: $0, replaces: $0 + 1)
        }
        for graph in [graph, try OptimizationPipeline().run(on: graph).graph] {
            let plan = try plan(graph, updates)
            for update in updates {
                #expect(plan.outputs[update.output].place == .input(update.input))
            }
            #expect(plan.outputBuffers.map(\.byteCount) == [4])
        }
    }

    /// Momentum and parameter are written by one fused program, each over its own old value.
    @Test func severalUpdatesOfOneStep() throws {
        let (g, v) = (x, Symbol.variable("v", .f32, [8, 8]))
        let momentum = v * 0.9 + g
        let graph = try PointwiseFusion().verifiedRun(
            on: Graph([w - momentum * 0.1, momentum], from: [x, w, v]))
        #expect(graph.operatorNames == ["fused_pointwise"])
        let plan = try plan(graph, [first, ExecutionPlan.Update(output: 1, replaces: 2)])
        #expect(plan.outputs.map(\.place) == [.input(1), .input(2)])
    }
}
