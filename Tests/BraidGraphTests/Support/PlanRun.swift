import BraidCore
import BraidGraph
import BraidOperators
import BraidTestSupport

/// Executes a plan on plain memory: an arena, output buffers and nothing else.
struct PlanRun {
    let plan: ExecutionPlan

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// The outputs as dense arrays, with the steps in the given order.
    /// - Parameter garbage: what arena and outputs are filled with before.
    func callAsFunction(
        _ arguments: [Graph.Constant], order: [Int], garbage: UInt8, splitter: (any WorkSplitter)?
    ) throws -> [Graph.Constant] {
        let memory = Memory(plan, arguments, garbage)
        for index in order {
            let step = plan.steps[index]
            let inputs = step.operands.map(memory.view)
            let outputs = step.results.map(memory.view)
            inputs.withUnsafeBufferPointer { inputs in
                outputs.withUnsafeBufferPointer { outputs in
                    step.op.evaluate(
                        KernelContext(
                            inputs: inputs, outputs: outputs,
                            scratch: step.scratchByteCount > 0
                                ? memory.arena.address + step.scratchOffset : nil,
                            splitter: splitter))
                }
            }
        }
        let written = Set(plan.steps.flatMap { $0.results.map(\.place) })
        for (index, buffer) in memory.inputs.enumerated()
        where !written.contains(.input(index)) && buffer.bytes != memory.given[index] {
            throw Failure(description: "input \(index) was changed")
        }
        guard memory.isIntact else { throw Failure(description: "a step wrote out of bounds") }
        return plan.outputs.map { output in
            let dense = GuardedBuffer(byteCount: output.type.byteCount, garbage: 0)
            let target = TensorView(dense: output.type, address: dense.address)
            stridedCopy(from: memory.view(output), to: target)
            return Graph.Constant(output.type, bytes: dense.bytes)
        }
    }

    /// The steps in the plan's order.
    var order: [Int] { Array(plan.steps.indices) }

    /// The steps in a random order that keeps dependencies.
    func order(_ generator: inout SeededGenerator) -> [Int] {
        var missing = plan.steps.map(\.dependencies.count)
        var followers = [[Int]](repeating: [], count: plan.steps.count)
        for (index, step) in plan.steps.enumerated() {
            for dependency in step.dependencies { followers[dependency].append(index) }
        }
        var ready = missing.indices.filter { missing[$0] == 0 }
        var order: [Int] = []
        while !ready.isEmpty {
            ready.swapAt(generator.int(0...ready.count - 1), ready.count - 1)
            let step = ready.removeLast()
            order.append(step)
            for follower in followers[step] {
                missing[follower] -= 1
                if missing[follower] == 0 { ready.append(follower) }
            }
        }
        precondition(order.count == plan.steps.count, "the dependencies have a cycle")
        return order
    }
}

/// What a run of a plan works in.
private struct Memory {
    let arena: GuardedBuffer
    let inputs: [GuardedBuffer]
    let given: [[UInt8]]
    private let constants: [GuardedBuffer]
    private let outputs: [GuardedBuffer]

    init(_ plan: ExecutionPlan, _ arguments: [Graph.Constant], _ garbage: UInt8) {
        arena = GuardedBuffer(byteCount: plan.arenaByteCount, garbage: garbage)
        outputs = plan.outputBuffers.map {
            GuardedBuffer(byteCount: $0.byteCount, garbage: garbage)
        }
        inputs = zip(plan.inputs, arguments).map { Memory.buffer(of: $1, $0.layout, garbage) }
        constants = plan.constants.map {
            Memory.buffer(of: $0, Layout(dense: $0.type.shape), garbage)
        }
        given = inputs.map(\.bytes)
    }

    var isIntact: Bool { ([arena] + inputs + constants + outputs).allSatisfy(\.isIntact) }

    /// Memory with the elements of an array where a layout has them.
    private static func buffer(
        of array: Graph.Constant, _ layout: Layout, _ garbage: UInt8
    ) -> GuardedBuffer {
        let size = array.type.dtype.size
        let indices = HostArray.indices(of: layout.shape)
        let positions = indices.map { index in
            index.indices.reduce(layout.offset) { $0 + index[$1] * layout.strides[$1] }
        }
        let buffer = GuardedBuffer(
            byteCount: ((positions.max() ?? -1) + 1) * size, garbage: garbage)
        array.bytes.withUnsafeBytes { bytes in
            for (element, position) in positions.enumerated() {
                (buffer.address + position * size).copyMemory(
                    from: bytes.baseAddress! + element * size, byteCount: size)
            }
        }
        return buffer
    }

    func view(_ operand: ExecutionPlan.Operand) -> TensorView {
        let base =
            switch operand.place {
            case .input(let index): inputs[index].address
            case .constant(let index): constants[index].address
            case .output(let index): outputs[index].address
            case .arena(let offset): arena.address + offset
            }
        return TensorView(
            type: operand.type, strides: operand.layout.strides,
            address: base + operand.layout.offset * operand.dtype.size)
    }
}
