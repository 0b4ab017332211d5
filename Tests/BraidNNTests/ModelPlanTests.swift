import Braid
import BraidTestSupport
import Testing

/// The memory of every model, in prediction and in a step of training, as traced.
struct ModelPlanTests {
    struct Model: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let input: Shape
        let make: @Sendable () -> Sequential
    }

    private static let models = [
        Model(testDescription: "MLP", input: [4, 1, 28, 28]) { Models.mlp() },
        Model(testDescription: "LeNet", input: [4, 1, 28, 28]) {
            Models.lenet(height: 28, width: 28)
        },
        Model(testDescription: "small LeNet", input: [4, 1, 8, 8]) {
            Models.lenet(height: 8, width: 8)
        },
    ]

    /// The graphs of a model: prediction, the forward pass of training, and a whole step.
    private func graphs(of model: Model) throws -> [(name: String, graph: Graph)] {
        let network = model.make()
        let x = NDArray.ones(model.input)
        let labels = NDArray([Int64](repeating: 3, count: model.input[0]))
        let forward = HybridFunction { (x: NDArray) in network(x) }
        _ = forward(x)
        _ = Autograd.record { forward(x) }
        let trainer = Trainer(network.parameters, .adam())
        let step = HybridFunction { (batch: [NDArray]) -> NDArray in
            let loss = Autograd.record { softmaxCrossEntropy(network(batch[0]), batch[1]) }
            loss.backward()
            trainer.step(batchSize: model.input[0])
            return loss
        }
        _ = step([x, labels])
        let traced = forward.tracedGraphs + step.tracedGraphs
        try #require(traced.count == 3)
        return Array(zip(["prediction", "recorded", "training step"], traced))
    }

    /// Plans hold what the independent checker asks, optimised or not, and need no more than without
    /// sharing; the bound and the sum are worked out again from the listed values.
    @Test(arguments: models) func plansAreProved(_ model: Model) throws {
        for (name, traced) in try graphs(of: model) {
            let optimized = try OptimizationPipeline(OptimizationOptions(verifying: true))
                .run(on: traced).graph
            for graph in [traced, optimized] {
                for isSequential in [false, true] {
                    let plan = ExecutionPlan(graph, isSequential: isSequential)
                    #expect(PlanChecker(graph, plan).problems() == [], "\(name)")
                    let memory = plan.memory
                    #expect(memory.plannedByteCount <= memory.naiveByteCount, "\(name)")
                    #expect(memory.plannedByteCount >= memory.boundByteCount, "\(name)")
                }
            }
            let memory = ExecutionPlan(optimized).memory
            if name == "training step" {
                #expect(memory.plannedByteCount < memory.naiveByteCount, "\(name)")
            }
        }
    }
}
