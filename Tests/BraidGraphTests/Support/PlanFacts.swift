import BraidCore
import BraidGraph

/// What a plan says, in a form that tests can spoil to see the checker find it.
struct PlanFacts {
    struct Operand: Equatable {
        var place: ExecutionPlan.Place
        var dtype: DType
        var layout: Layout
    }

    struct Step {
        let node: Int
        let op: any Operator
        var operands: [Operand]
        var results: [Operand]
        var scratch: (offset: Int, byteCount: Int)
        var dependencies: [Int]
    }

    var steps: [Step]
    let inputs: [Operand]
    let constants: [Graph.Constant]
    var outputBuffers: [TensorType]
    var outputs: [Operand]
    var arenaByteCount: Int
    var memory: MemoryPlan

    init(_ plan: ExecutionPlan) {
        func operand(_ operand: ExecutionPlan.Operand) -> Operand {
            Operand(place: operand.place, dtype: operand.dtype, layout: operand.layout)
        }
        steps = plan.steps.map { step in
            Step(
                node: step.node, op: step.op, operands: step.operands.map(operand),
                results: step.results.map(operand),
                scratch: (step.scratchOffset, step.scratchByteCount),
                dependencies: step.dependencies)
        }
        inputs = plan.inputs.map(operand)
        constants = plan.constants
        outputBuffers = plan.outputBuffers
        outputs = plan.outputs.map(operand)
        arenaByteCount = plan.arenaByteCount
        memory = plan.memory
    }
}
