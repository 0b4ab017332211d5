import BraidCore

/// Which buffers take the place of values that are used no more: results written over operands, and
/// outputs written over the inputs that they replace.
struct Overwriting {
    /// For each buffer, the one that it overwrites.
    private(set) var overwritten: [Int?]
    /// For each buffer, the input in whose array it lies.
    private(set) var replacedInputs: [Int?]

    /// Decides for all buffers. Steps that write over an input are ordered after all that read it.
    init(_ lowering: inout Lowering, _ updates: [ExecutionPlan.Update]) {
        overwritten = Array(repeating: nil, count: lowering.buffers.count)
        replacedInputs = overwritten
        // Inputs that are replaced already, or that outputs hand on.
        var isKept = [Bool](repeating: false, count: lowering.inputs.count)
        for output in lowering.outputs {
            if case .input(let input) = output.root { isKept[input] = true }
        }
        for update in updates where !isKept[update.input] {
            isKept[update.input] = replace(update, in: &lowering)
        }
    }

    /// - Returns: whether the output is written over the input.
    private mutating func replace(
        _ update: ExecutionPlan.Update, in lowering: inout Lowering
    ) -> Bool {
        let (output, input) = (lowering.outputs[update.output], lowering.inputs[update.input])
        let root = Lowering.Root.input(update.input)
        // Of an array whose elements nobody reads only the memory counts, not where they stand.
        let isRead = !lowering.inputUsers[update.input].isEmpty || update.keepsOnFailure
        guard case .buffer(let buffer) = output.root, output.type == input.type,
            input.layout == Layout(dense: input.type.shape),
            isRead ? output.layout == input.layout : output.layout.offset == 0,
            lowering.buffers[buffer].byteCount == input.type.byteCount,
            replacedInputs[buffer] == nil
        else { return false }
        let producer = lowering.buffers[buffer].producer
        let readers = lowering.inputUsers[update.input]
        // Dependencies lead from earlier steps to later ones only, so that they make no cycle.
        guard readers.allSatisfy({ $0 <= producer }),
            mayOverwrite(root, with: buffer, of: lowering.steps[producer], in: lowering)
        else { return false }
        replacedInputs[buffer] = update.input
        lowering.order(readers.filter { $0 != producer }, before: producer)
        return true
    }

    /// Writes results over operands wherever every other step that reads the operand is done.
    mutating func overwriteOperands(of lowering: Lowering, _ reachability: Reachability) {
        var isTaken = [Bool](repeating: false, count: lowering.buffers.count)
        for (position, step) in lowering.steps.enumerated() {
            for result in step.results where replacedInputs[result] == nil {
                for operand in step.operands {
                    guard case .buffer(let buffer) = operand.root, !isTaken[buffer],
                        !lowering.buffers[buffer].isReturned, replacedInputs[buffer] == nil,
                        lowering.buffers[buffer].byteCount == lowering.buffers[result].byteCount,
                        lowering.buffers[buffer].byteCount > 0,
                        // Users ascend; one that comes later reads it still.
                        lowering.buffers[buffer].users.last.map({ $0 <= position }) != false,
                        mayOverwrite(operand.root, with: result, of: step, in: lowering),
                        lowering.buffers[buffer].users.allSatisfy({
                            $0 == position || reachability.precedes($0, position)
                        })
                    else { continue }
                    overwritten[result] = buffer
                    isTaken[buffer] = true
                    break
                }
            }
        }
    }

    /// Whether a step may write a result over a root as far as its own operands go: those that read the
    /// root read the very elements that the result has in their place, and the operator allows it.
    private func mayOverwrite(
        _ root: Lowering.Root, with result: Int, of step: Lowering.Step, in lowering: Lowering
    ) -> Bool {
        guard let output = step.results.firstIndex(of: result),
            let type = lowering.buffers[result].type
        else { return false }
        return step.operands.enumerated().allSatisfy { index, operand in
            guard operand.root == root else { return true }
            return operand.layout == Layout(dense: type.shape)
                && operand.dtype.size == type.dtype.size
                && step.op.mayOverwrite(input: index, with: output)
        }
    }
}
