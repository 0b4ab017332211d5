import BraidCore
import BraidOperators
import BraidPlatform

/// The tile program of a part of a graph.
struct FusedProgram {
    /// The operator.
    let op: FusedPointwise
    /// The values, from outside the part, that it takes.
    let inputs: [Graph.Value]
    /// The members of the part whose values it gives.
    let outputs: [Int]

    /// - Parameters:
    ///   - part: pointwise nodes of one shape, operands before users.
    ///   - isWritten: whether a member's value is taken outside the part.
    init(_ part: [Int], of graph: Graph, isWritten: (Int) -> Bool) {
        let members = Set(part)
        var inputs: [Graph.Value] = []
        var constants: [TileProgram.Constant] = []
        // Where each operand from outside is found: an input, or else a constant.
        var inputNumbers: [Graph.Value: Int] = [:]
        var constantNumbers: [TileProgram.Constant: Int] = [:]
        var lastUses: [Int: Int] = [:]
        for (position, member) in part.enumerated() {
            for value in graph.nodes[member].inputs {
                if members.contains(value.node) {
                    lastUses[value.node] = position
                } else if let fill = graph.nodes[value.node].op as? Fill {
                    let constant = TileProgram.Constant(fill.dtype, fill.value)
                    if constantNumbers[constant] == nil {
                        constantNumbers[constant] = constants.count
                        constants.append(constant)
                    }
                } else if inputNumbers[value] == nil {
                    inputNumbers[value] = inputs.count
                    inputs.append(value)
                }
            }
        }
        // A value that nothing takes still has to go somewhere.
        outputs = part.filter { isWritten($0) || lastUses[$0] == nil }
        func stream(_ number: Int) -> Int { TileProgram.operand(ofInput: number) }
        var places: [Int: Int] = [:]
        for (index, output) in outputs.enumerated() {
            places[output] = stream(inputs.count + constants.count + index)
        }

        var registers = Registers()
        var instructions: [TileProgram.Instruction] = []
        for (position, member) in part.enumerated() {
            let node = graph.nodes[member]
            let types = node.inputs.map(graph.type(of:))
            let operands = node.inputs.map { value in
                if let place = places[value.node] { return place }
                if let number = inputNumbers[value] { return stream(number) }
                let fill = graph.nodes[value.node].op as? Fill
                let constant = TileProgram.Constant(fill!.dtype, fill!.value)
                return stream(inputs.count + constantNumbers[constant]!)
            }
            // The result may take an operand's register only when elements are of one size.
            let size = node.types[0].dtype.size
            var late: [Int] = []
            for (value, operand) in zip(node.inputs, operands)
            where operand < TileProgram.registerLimit && lastUses[value.node] == position {
                if graph.type(of: value).dtype.size == size {
                    registers.release(operand)
                } else {
                    late.append(operand)
                }
            }
            let result = places[member] ?? registers.take()
            places[member] = result
            for register in late { registers.release(register) }
            guard let op = node.op as? any PointwiseOperator else {
                brokenInvariant("\(graph.title(of: member)) is not pointwise")
            }
            instructions.append(
                TileProgram.Instruction(op, of: types, operands: operands, result: result))
        }
        let program = TileProgram(
            inputs: inputs.map { graph.type(of: $0).dtype }, constants: constants,
            outputs: outputs.map { graph.nodes[$0].types[0].dtype }, instructions: instructions)
        op = FusedPointwise(graph.nodes[part[0]].types[0].shape, program)
        self.inputs = inputs
    }
}

/// Which registers of a tile program are free.
private struct Registers {
    private var free: UInt64 = (1 << UInt64(TileProgram.registerLimit)) - 1

    mutating func take() -> Int {
        invariant(free != 0, "a part of a group needs too many registers")
        let register = free.trailingZeroBitCount
        free &= free - 1
        return register
    }

    mutating func release(_ register: Int) { free |= 1 << UInt64(register) }
}
