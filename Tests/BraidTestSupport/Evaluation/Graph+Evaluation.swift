package import BraidCore

extension Graph {
    /// The outputs for given inputs: every node on dense operands in memory of its own, one after the
    /// other. Values are constants here, whose bytes can be compared.
    /// - Throws: `ArrayError` when a node's operands do not fit, `ObservationFailure` when an operator
    ///   writes outside its outputs.
    package func evaluated(_ arguments: [Constant]) throws -> [Constant] {
        precondition(arguments.count == inputs.count, "one argument per input")
        var values = [[DenseValue]](repeating: [], count: nodes.count)
        for (node, argument) in zip(inputs, arguments) {
            precondition(argument.type == nodes[node].types[0], "\(argument.type) for node \(node)")
            values[node] = [DenseValue(argument)]
        }
        for (position, node) in nodes.enumerated() {
            switch node.kind {
            case .input: continue
            case .constant(let constant): values[position] = [DenseValue(constant)]
            case .operation(let op):
                let operands = node.inputs.map { values[$0.node][$0.output].view }
                values[position] = try OperatorRun(op, operands)(garbage: 0xA5, splitter: nil)
                precondition(values[position].map(\.type) == node.types, "inferred types moved")
            }
        }
        return outputs.map { values[$0.node][$0.output].constant }
    }
}

extension DenseValue {
    init(_ constant: Graph.Constant) {
        self.init(constant.type)
        constant.bytes.withUnsafeBytes { bytes in
            if let source = bytes.baseAddress {
                buffer.address.copyMemory(from: source, byteCount: bytes.count)
            }
        }
    }

    var constant: Graph.Constant { Graph.Constant(type, bytes: buffer.bytes) }
}

extension HostArray {
    /// The elements as bytes.
    package var constant: Graph.Constant { DenseValue(self).constant }
}

extension Graph.Constant {
    /// The elements as numbers.
    package var array: HostArray { DenseValue(self).array }
}
