import BraidCore
import BraidGraph
import BraidOperators
import BraidTestSupport
import Testing

/// Graphs with so many steps that they are planned window by window.
@Suite(.printsSeed) struct LargePlanTests {
    /// Products of earlier values, near and far, drawn at random: steps that no pass or view removes.
    private func graph(steps: Int, seed: UInt64) -> Graph {
        var generator = SeededGenerator(seed: seed)
        let type = TensorType(.f32, [2, 2])
        var nodes = [Graph.Node(.input(name: "x"), types: [type])]
        for step in 1...steps {
            let near = Int.random(in: max(0, step - 5)..<step, using: &generator)
            let isFar = Int.random(in: 0..<50, using: &generator) == 0
            let other = isFar ? Int.random(in: 0..<step, using: &generator) : near
            nodes.append(
                Graph.Node(
                    .operation(Binary(.maximum)), inputs: [.init(near), .init(other)], types: [type]
                ))
        }
        return Graph(nodes: nodes, inputs: [0], outputs: [.init(steps), .init(steps / 2)])
    }

    @Test func windowsAreInOrderAndShareMemory() throws {
        let graph = graph(steps: 4_500, seed: 11)
        let plan = ExecutionPlan(graph)
        #expect(plan.steps.count == 4_500)
        #expect(PlanChecker(graph, plan).problems() == [])
        #expect(plan.memory.plannedByteCount < plan.memory.naiveByteCount / 2)
    }

    /// Rows of bits over all steps would take gigabytes at full counts, and packing minutes.
    @Test func plansOfManyStepsAreMadeInBoundedTimeAndMemory() throws {
        let graph = graph(steps: TestCounts.scaled(20_000), seed: 12)
        let plan = ExecutionPlan(graph)
        #expect(plan.memory.plannedByteCount <= plan.memory.naiveByteCount)
        #expect(plan.memory.plannedByteCount >= plan.memory.boundByteCount)
    }
}
