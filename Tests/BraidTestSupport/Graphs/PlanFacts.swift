package import BraidCore
package import BraidGraph

/// What a plan says, in a form that tests can spoil to see the checker find it.
package struct PlanFacts {
    package struct Operand: Equatable {
        package var place: ExecutionPlan.Place
        package var dtype: DType
        package var layout: Layout
    }

    package struct Step {
        package let node: Int
        package let op: any Operator
        package var operands: [Operand]
        package var results: [Operand]
        package var scratch: (offset: Int, byteCount: Int)
        package var dependencies: [Int]
    }

    package var steps: [Step]
    package let inputs: [Operand]
    package let constants: [Graph.Constant]
    package var outputBuffers: [TensorType]
    package var outputs: [Operand]
    package var arenaByteCount: Int
    package var memory: MemoryPlan

    package init(_ plan: ExecutionPlan) {
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
