import BraidCore
import BraidGraph

/// Where the values of one call of a compiled graph lie.
final class CallMemory: Sendable {
    // Safe: constant, and the engine orders every access to what they point at.
    nonisolated(unsafe) private let inputs: [UnsafeMutableRawPointer]
    nonisolated(unsafe) private let outputs: [UnsafeMutableRawPointer]
    nonisolated(unsafe) private let constants: [UnsafeMutableRawPointer]
    nonisolated(unsafe) private let arena: UnsafeMutableRawPointer

    /// Whoever runs steps keeps the storages, and the constants of the graph, alive. No array: what
    /// runs is no handle on its operands, so that it never forces a copy.
    init(_ inputs: [NDArray], _ buffers: [Storage], _ constants: [NDArray], arena: Storage) {
        self.inputs = inputs.map(\.body.view.address)
        outputs = buffers.map(\.address)
        self.constants = constants.map(\.body.view.address)
        self.arena = arena.address
    }

    /// An operand as a kernel sees it.
    func view(_ operand: ExecutionPlan.Operand) -> TensorView {
        let base =
            switch operand.place {
            case .input(let input): inputs[input]
            case .constant(let constant): constants[constant]
            case .output(let output): outputs[output]
            case .arena(let offset): arena + offset
            }
        return TensorView(
            type: operand.type, strides: operand.layout.strides,
            address: base + operand.layout.offset * operand.dtype.size)
    }

    func scratch(of step: ExecutionPlan.Step) -> UnsafeMutableRawPointer? {
        step.scratchByteCount == 0 ? nil : arena + step.scratchOffset
    }
}

extension ExecutionPlan.Step {
    /// Calls the kernel.
    func run(in memory: CallMemory, splitter: (any WorkSplitter)?) {
        withUnsafeTemporaryAllocation(of: TensorView.self, capacity: operands.count) { inputs in
            withUnsafeTemporaryAllocation(of: TensorView.self, capacity: results.count) { outputs in
                for (index, operand) in operands.enumerated() {
                    inputs.initializeElement(at: index, to: memory.view(operand))
                }
                for (index, result) in results.enumerated() {
                    outputs.initializeElement(at: index, to: memory.view(result))
                }
                evaluate(
                    op,
                    KernelContext(
                        inputs: UnsafeBufferPointer(inputs),
                        outputs: UnsafeBufferPointer(outputs),
                        scratch: memory.scratch(of: self), splitter: splitter))
            }
        }
    }

    private func evaluate<O: Operator>(_ op: O, _ context: borrowing KernelContext) {
        op.evaluate(context)
    }
}
