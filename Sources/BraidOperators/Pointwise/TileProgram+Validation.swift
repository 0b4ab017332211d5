import BraidCore

extension TileProgram {
    /// Finds what kernels could not run: operands that there are not or that hold nothing yet, other
    /// dtypes than the instructions take, outputs that are never or twice written. Programs come from
    /// files too.
    /// - Returns: what is wrong, in words; nil when nothing is.
    func problem() -> String? {
        if outputs.isEmpty { return "the program has no output" }
        if streamCount > Self.streamLimit {
            return "\(streamCount) inputs, constants and outputs; at most \(Self.streamLimit) are "
                + "possible"
        }
        for constant in constants where !constant.dtype.holds(constant.value) {
            return "the constant \(constant.value) is no value of \(constant.dtype)"
        }
        // What each operand holds.
        var contents = [DType?](repeating: nil, count: Self.registerLimit + streamCount)
        for (index, dtype) in inputs.enumerated() {
            contents[Self.operand(ofInput: index)] = dtype
        }
        for (index, constant) in constants.enumerated() {
            contents[Self.operand(ofInput: inputs.count + index)] = constant.dtype
        }
        for (position, instruction) in instructions.enumerated() {
            if let problem = problem(of: instruction, contents) {
                return "instruction \(position) (\(instruction.opcode)): \(problem)"
            }
            contents[instruction.result] = instruction.resultType
        }
        for index in outputs.indices where contents[operand(ofOutput: index)] == nil {
            return "output \(index) is never written"
        }
        return nil
    }

    private func problem(of instruction: Instruction, _ contents: [DType?]) -> String? {
        let (opcode, dtype) = (instruction.opcode, instruction.dtype)
        guard opcode.takes(dtype) else { return "does not take \(dtype)" }
        let expected = opcode.operandTypes(dtype)
        guard instruction.operands.count == expected.count else {
            return "takes \(expected.count) operands, not \(instruction.operands.count)"
        }
        guard opcode == .cast || instruction.resultType == opcode.resultType(dtype) else {
            return "gives \(opcode.resultType(dtype)), not \(instruction.resultType)"
        }
        if opcode.hasScalar, !dtype.holds(instruction.scalar) {
            return "the scalar \(instruction.scalar) is no value of \(dtype)"
        }
        let result = instruction.result
        guard contents.indices.contains(result),
            result < Self.registerLimit || result >= operand(ofOutput: 0)
        else { return "writes to \(result), which is neither a register nor an output" }
        if result >= operand(ofOutput: 0) {
            let index = result - operand(ofOutput: 0)
            if contents[result] != nil { return "writes output \(index) again" }
            guard outputs[index] == instruction.resultType else {
                return "writes \(instruction.resultType) to output \(index), a \(outputs[index])"
            }
        }
        for (number, type) in zip(instruction.operands, expected) {
            guard contents.indices.contains(number), let held = contents[number] else {
                return "reads \(number), which holds nothing"
            }
            guard held == type else { return "takes \(type), but \(number) holds \(held)" }
            if number == result, held.size != instruction.resultType.size {
                return "writes \(instruction.resultType) over the \(held) that it reads"
            }
        }
        return nil
    }
}
