import BraidCore
import BraidGraph
import BraidOperators
import BraidTestSupport
import Testing

/// What plans of whole models come to.
@Suite struct NetworkPlanTests {
    /// Planned memory is near the bound that the order of the steps sets, and far below the sum.
    @Test(arguments: Network.all) func memoryIsNearTheBound(_ network: Network) throws {
        let graph = try OptimizationPipeline().run(on: network.graph).graph
        let memory = ExecutionPlan(graph).memory
        #expect(memory.plannedByteCount >= memory.boundByteCount)
        #expect(Double(memory.plannedByteCount) <= 1.4 * Double(memory.boundByteCount))
        #expect(memory.plannedByteCount < memory.naiveByteCount)
        // Without branches that may run together little stands above the bound.
        let sequential = ExecutionPlan(graph, isSequential: true).memory
        #expect(Double(sequential.plannedByteCount) <= 1.15 * Double(sequential.boundByteCount))
    }
}
