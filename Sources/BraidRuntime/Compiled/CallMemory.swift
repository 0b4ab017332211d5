import BraidCore
package import BraidGraph

/// Where the values of one call of a compiled graph lie.
///
/// Whoever runs steps keeps the storages, and the constants of the graph, alive. The call holds no
/// array: what runs is no handle on its operands, so that it never forces a copy.
final class CallMemory: Sendable {
    // Safe: constant, and the engine orders every access to what they point at.
    nonisolated(unsafe) private let inputs: [UnsafeMutableRawPointer]
    nonisolated(unsafe) private let outputs: [UnsafeMutableRawPointer]
    nonisolated(unsafe) private let constants: [UnsafeMutableRawPointer]
    nonisolated(unsafe) private let arena: UnsafeMutableRawPointer

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
        let address = base + operand.layout.offset * operand.dtype.size
        return operand.isDense
            ? TensorView(dense: operand.type, address: address)
            : TensorView(type: operand.type, strides: operand.layout.strides, address: address)
    }

    func scratch(of step: ExecutionPlan.Step) -> UnsafeMutableRawPointer? {
        step.scratchByteCount == 0 ? nil : arena + step.scratchOffset
    }
}

extension ExecutionPlan.Step {
    /// Views that fit on the stack: more would be taken from the heap, at every call.
    package static let viewsOnStack = 1024 / MemoryLayout<TensorView>.stride

    /// Calls the kernel.
    func run(in memory: CallMemory, splitter: (any WorkSplitter)?) {
        withViews(in: memory) { inputs, outputs in
            evaluate(
                op,
                KernelContext(
                    inputs: inputs, outputs: outputs, scratch: memory.scratch(of: self),
                    splitter: splitter))
        }
    }

    /// Calls the kernel, and looks at what it does.
    /// - Throws: what was found.
    func check(in memory: CallMemory, _ origin: CallOrigin) throws {
        try withViews(in: memory) { inputs, outputs in
            try check(op, inputs, outputs, origin)
        }
    }

    /// Looks at values that only data show.
    /// - Throws: `ArrayError` for those that the operator does not take.
    func checkValues(
        in memory: CallMemory, splitter: (any WorkSplitter)?
    ) throws(ArrayError) {
        let result = withViews(in: memory) { inputs, outputs -> Result<Void, ArrayError> in
            Result { () throws(ArrayError) in
                try op.checkValues(
                    KernelContext(
                        inputs: inputs, outputs: outputs, scratch: nil, splitter: splitter))
            }
        }
        try result.get()
    }

    private func evaluate<O: Operator>(_ op: O, _ context: borrowing KernelContext) {
        op.evaluate(context)
    }

    private func check<O: Operator>(
        _ op: O, _ inputs: UnsafeBufferPointer<TensorView>,
        _ outputs: UnsafeBufferPointer<TensorView>, _ origin: CallOrigin
    ) throws {
        // Infinite constants may have become a part of the operator.
        let check = CheckedEvaluation(op, inputs, outputs, origin, allowsInfinity: true)
        try check(scratchByteCount: scratchByteCount)
    }

    private func withViews<R>(
        in memory: CallMemory,
        _ body: (UnsafeBufferPointer<TensorView>, UnsafeBufferPointer<TensorView>) throws -> R
    ) rethrows -> R {
        let count = operands.count + results.count
        func fill(_ views: UnsafeMutablePointer<TensorView>) throws -> R {
            var next = views
            for operand in operands {
                next.initialize(to: memory.view(operand))
                next += 1
            }
            for result in results {
                next.initialize(to: memory.view(result))
                next += 1
            }
            return try body(
                UnsafeBufferPointer(start: views, count: operands.count),
                UnsafeBufferPointer(start: views + operands.count, count: results.count))
        }
        if count > Self.viewsOnStack {
            // From the pool, so that in steady state no memory is asked for.
            let byteCount = count * MemoryLayout<TensorView>.stride
            if let block = try? MemoryPool.allocate(byteCount) {
                defer { MemoryPool.deallocate(block, byteCount) }
                return try fill(block.bindMemory(to: TensorView.self, capacity: count))
            }
        }
        return try withUnsafeTemporaryAllocation(of: TensorView.self, capacity: count) {
            try fill($0.baseAddress!)
        }
    }
}
