import BraidCore
import BraidOperators

extension Sample {
    /// Random tile programs against the same instructions one by one on whole arrays.
    static let fusedPointwise = Sample(
        description: "fused_pointwise", dtypes: DType.arithmetic,
        make: { dtype, size, generator in
            let inputs = generator.operands(generator.int(1...4), dtype, [Domain()], size)
            let shape = inputs.map(\.shape).reduce(Shape()) { $0.broadcast(with: $1)! }
            let program = generator.program(inputs.count, dtype)
            return OperatorCase(op: FusedPointwise(shape, program), inputs: inputs)
        },
        reference: { call in
            let op = (call.op as? FusedPointwise)!
            let program = op.program
            var values: [Int: HostArray] = [:]
            for (index, input) in call.inputs.enumerated() {
                values[TileProgram.operand(ofInput: index)] = input
            }
            for (index, constant) in program.constants.enumerated() {
                values[TileProgram.operand(ofInput: call.inputs.count + index)] =
                    HostArray(constant.dtype, [], [constant.value])
            }
            for instruction in program.instructions {
                let operands = instruction.operands.map { values[$0]! }
                values[instruction.result] = HostArray(
                    TensorType(instruction.resultType, op.shape)
                ) { index in instruction.result(operands.map { $0.broadcastElement(at: index) }) }
            }
            return program.outputs.indices.map { values[program.operand(ofOutput: $0)]! }
        },
        differentiableOrders: 0,
        refused: [
            RefusedCall(
                FusedPointwise([2], squares), [TensorType(.f32, [2]), TensorType(.f32, [2])],
                mentions: ["1 operands", "2"]),
            RefusedCall(
                FusedPointwise([2], squares), [TensorType(.f32, [3])], mentions: ["[3]", "[2]"]),
            RefusedCall(
                FusedPointwise(
                    [2],
                    TileProgram(inputs: [.f32], constants: [], outputs: [.f32], instructions: [])),
                [TensorType(.f32, [2])], mentions: ["output 0 is never written"]),
        ])

    private static let squares = TileProgram(
        inputs: [.f32], constants: [], outputs: [.f32],
        instructions: [
            TileProgram.Instruction(
                Unary(.square), of: [TensorType(.f32, [])], operands: [16], result: 17)
        ])
}

extension TileProgram.Instruction {
    /// The result of the instruction as plain arithmetic, for those that `program` draws.
    fileprivate func result(_ operands: [HostElement]) -> HostElement {
        func combine(
            _ reals: (Double, Double) -> Double, _ integers: (Int128, Int128) -> Int128
        ) -> HostElement {
            let last = opcode == .addScalar ? HostElement.real(scalar) : operands.last!
            guard case .integer(let first) = operands[0] else {
                return .real(reals(operands[0].real, last.real))
            }
            return .integer(integers(first, opcode == .addScalar ? Int128(scalar) : last.integer))
        }
        switch opcode {
        case .add, .addScalar: return combine(+, &+)
        case .multiply: return combine(*, &*)
        case .maximum:
            return combine({ $0.isNaN || $1.isNaN ? .nan : Swift.max($0, $1) }, Swift.max)
        case .square: return combine({ a, _ in a * a }, { a, _ in a &* a })
        case .less: return .integer(operands[0].isLess(than: operands[1]) ? 1 : 0)
        case .not: return .integer(1 - operands[0].integer)
        case .select: return operands[operands[0].isTrue ? 1 : 2]
        case .cast: return resultType.isFloating ? .real(operands[0].real) : operands[0]
        default: preconditionFailure("\(opcode) is not drawn")
        }
    }
}

extension HostElement {
    fileprivate func isLess(than other: HostElement) -> Bool {
        switch (self, other) {
        case (.integer(let a), .integer(let b)): a < b
        default: real < other.real
        }
    }
}

extension SeededGenerator {
    /// A program of up to eight instructions over inputs of one dtype.
    fileprivate mutating func program(_ inputCount: Int, _ dtype: DType) -> TileProgram {
        let constants = (0..<int(0...2)).map { _ in TileProgram.Constant(dtype, Double(int(0...3)))
        }
        let count = int(1...8)
        let isOutput = (0..<count).map { $0 == count - 1 || oneIn(3) }
        var numbers = (0..<(inputCount + constants.count)).map {
            TileProgram.operand(ofInput: $0)
        }
        var truths: [Int] = []
        var nextOutput = TileProgram.operand(ofInput: numbers.count)
        var outputs: [DType] = []
        var instructions: [TileProgram.Instruction] = []
        for position in 0..<count {
            let (a, b) = (pick(numbers), pick(numbers))
            var steps: [(op: any PointwiseOperator, operands: [Int])] = [
                (Binary(.add), [a, b]), (Binary(.multiply), [a, b]), (Binary(.maximum), [a, b]),
                (BinaryScalar(.add, Double(int(0...2))), [a]), (Unary(.square), [a]),
                (Comparison(.less), [a, b]),
            ]
            if let truth = truths.randomElement(using: &self) {
                steps += [
                    (Select(), [truth, a, b]), (Logical(.not), [truth]),
                    (Cast(to: dtype), [truth]),
                ]
            }
            let (op, operands) = pick(steps)
            let types = operands.map { TensorType(truths.contains($0) ? .bool : dtype, []) }
            let result = isOutput[position] ? nextOutput : position
            let instruction = TileProgram.Instruction(
                op, of: types, operands: operands, result: result)
            instructions.append(instruction)
            if isOutput[position] {
                nextOutput += 1
                outputs.append(instruction.resultType)
            }
            if instruction.resultType == .bool {
                truths.append(result)
            } else {
                numbers.append(result)
            }
        }
        return TileProgram(
            inputs: Array(repeating: dtype, count: inputCount), constants: constants,
            outputs: outputs, instructions: instructions)
    }
}
