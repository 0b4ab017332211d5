import Braid
import BraidTestSupport
import Testing

/// The memory of every model, in prediction and in a step of training, as traced.
struct ModelPlanTests {
    struct Model: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let input: TensorType
        let make: @Sendable () -> any Block<NDArray, NDArray>
    }

    private static let models = [
        Model(testDescription: "MLP", input: TensorType(.f32, [4, 1, 28, 28])) { Models.mlp() },
        Model(testDescription: "LeNet", input: TensorType(.f32, [4, 1, 28, 28])) {
            Models.lenet(height: 28, width: 28)
        },
        Model(testDescription: "small LeNet", input: TensorType(.f32, [4, 1, 8, 8])) {
            Models.lenet(height: 8, width: 8)
        },
        Model(testDescription: "BERT", input: TensorType(.f32, [2, 6, 16])) {
            Models.bert(layers: 2, width: 16, heads: 2, hidden: 32)
        },
        Model(testDescription: "GPT", input: TensorType(.i64, [2, 6])) {
            Models.gpt(vocabulary: 9, width: 16, heads: 2, layers: 2, length: 6)
        },
        Model(testDescription: "LSTM", input: TensorType(.f32, [5, 2, 6])) {
            Models.lstm(units: 8, inputs: 6)
        },
        Model(testDescription: "LSTM language model", input: TensorType(.i64, [2, 6])) {
            Models.lstmLanguageModel(vocabulary: 9, width: 8)
        },
    ]

    /// The graphs of a model: prediction, the forward pass of training, and a whole step.
    private func graphs(of model: Model) throws -> [(name: String, graph: Graph)] {
        let network = model.make()
        let x = NDArray.ones(model.input.shape, dtype: model.input.dtype)
        let forward = HybridFunction { (x: NDArray) in network.forward(x) }
        let scores = forward(x)
        let labels = NDArray.full(
            Shape(scores.shape.extents.dropLast()), 3, dtype: .i64)
        _ = Autograd.record { forward(x) }
        let trainer = Trainer(network.parameters, .adam())
        let step = HybridFunction { (batch: [NDArray]) -> NDArray in
            let loss = Autograd.record {
                softmaxCrossEntropy(network.forward(batch[0]), batch[1], axis: -1)
            }
            loss.backward()
            trainer.step(batchSize: x.shape[0])
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
