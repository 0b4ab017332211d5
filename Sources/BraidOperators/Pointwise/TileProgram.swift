package import BraidCore
import CBraidKernels

/// Pointwise instructions over registers and streams. Operands have numbers: those below
/// `registerLimit` are registers, then come the inputs, the constants and the outputs.
package struct TileProgram: Hashable, Codable, Sendable {
    /// The number of registers.
    package static let registerLimit = Int(BRAID_REGISTERS)
    /// The largest number of inputs, constants and outputs together.
    package static let streamLimit = Int(BRAID_MAX_STREAMS)

    /// A scalar that an instruction reads like an array of equal elements.
    package struct Constant: Hashable, Codable, Sendable {
        package let dtype: DType
        @BitExact package private(set) var value: Double

        package init(_ dtype: DType, _ value: Double) {
            self.dtype = dtype
            self.value = value
        }
    }

    /// One step of the program.
    package struct Instruction: Hashable, Codable, Sendable {
        package let opcode: TileOpcode
        /// The dtype that the instruction works in.
        package let dtype: DType
        package let resultType: DType
        /// The scalar in the instruction; 0 for those without.
        @BitExact package private(set) var scalar: Double
        package let operands: [Int]
        package let result: Int
    }

    package let inputs: [DType]
    package let constants: [Constant]
    package let outputs: [DType]
    package let instructions: [Instruction]
    /// The instructions as kernels run them, made once.
    let code: [braid_instruction]

    package init(
        inputs: [DType], constants: [Constant], outputs: [DType], instructions: [Instruction]
    ) {
        self.inputs = inputs
        self.constants = constants
        self.outputs = outputs
        self.instructions = instructions
        code = instructions.map(\.code)
    }

    private enum CodingKeys: CodingKey { case inputs, constants, outputs, instructions }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            inputs: try container.decode([DType].self, forKey: .inputs),
            constants: try container.decode([Constant].self, forKey: .constants),
            outputs: try container.decode([DType].self, forKey: .outputs),
            instructions: try container.decode([Instruction].self, forKey: .instructions))
    }

    package static func == (left: TileProgram, right: TileProgram) -> Bool {
        left.inputs == right.inputs && left.constants == right.constants
            && left.outputs == right.outputs && left.instructions == right.instructions
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(inputs)
        hasher.combine(constants)
        hasher.combine(outputs)
        hasher.combine(instructions)
    }

    var streamCount: Int { inputs.count + constants.count + outputs.count }

    /// The number of an input among operands.
    package static func operand(ofInput index: Int) -> Int { registerLimit + index }

    /// The number of an output among operands.
    package func operand(ofOutput index: Int) -> Int {
        Self.registerLimit + inputs.count + constants.count + index
    }

    /// Whether an output may share memory with an input: nothing reads the input after the output is
    /// written.
    func mayOverwrite(input: Int, with output: Int) -> Bool {
        let (source, target) = (Self.operand(ofInput: input), operand(ofOutput: output))
        let lastRead = instructions.lastIndex { $0.operands.contains(source) } ?? -1
        let write = instructions.firstIndex { $0.result == target } ?? -1
        return lastRead <= write
    }
}

extension TileProgram.Instruction {
    /// The instruction of an operator on operands of the given types.
    package init(
        _ op: any PointwiseOperator, of types: [TensorType], operands: [Int], result: Int
    ) {
        // Nothing but types is read from these views.
        let views = types.map {
            TensorView(dense: $0, address: UnsafeMutableRawPointer(bitPattern: 64)!)
        }
        let code = views.withUnsafeBufferPointer { op.instruction(for: $0) }
        opcode = TileOpcode(rawValue: code.opcode)!
        dtype = DType(rawValue: code.type)!
        resultType = opcode == .cast ? DType(rawValue: code.to)! : opcode.resultType(dtype)
        let scalar =
            if !opcode.hasScalar {
                0.0
            } else if dtype.isFloating {
                code.immediate.f
            } else if dtype == .u64 {
                Double(UInt64(bitPattern: code.immediate.i))
            } else {
                Double(code.immediate.i)
            }
        self.scalar = scalar
        self.operands = operands
        self.result = result
    }

    /// The instruction as kernels run it; of a damaged one something that never runs.
    fileprivate var code: braid_instruction {
        var code =
            opcode.hasScalar && dtype.holds(scalar)
            ? braid_instruction(opcode.kernelOpcode, dtype, scalar: scalar)
            : braid_instruction(opcode.kernelOpcode, dtype)
        code.to = resultType.rawValue
        code.d = UInt8(clamping: result)
        // Operands that the opcode does not have still name one that there is.
        func operand(_ index: Int) -> UInt8 {
            UInt8(clamping: index < operands.count ? operands[index] : operands.first ?? result)
        }
        (code.a, code.b, code.c) = (operand(0), operand(1), operand(2))
        return code
    }
}
