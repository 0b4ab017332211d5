package import BraidCore

/// Between symbols, which are for building, and graphs, which are for passes.
extension Graph {
    /// The graph that computes `outputs` from `inputs`.
    /// - Precondition: `inputs` are distinct variables or captured values, and `outputs` depend on no
    ///   others.
    package init(computing outputs: [Symbol], from inputs: [Symbol], names: [String]) {
        precondition(inputs.count == names.count, "one name per input")
        var nodes: [Node] = []
        var values: [ObjectIdentifier: [Value]] = [:]
        for (input, name) in zip(inputs, names) {
            values[ObjectIdentifier(input.node)] = [Value(nodes.count)]
            nodes.append(Node(.input(name: name), types: [input.type]))
        }
        func value(_ symbol: Symbol) -> Value {
            values[ObjectIdentifier(symbol.node)]![symbol.index]
        }
        let order = TopologicalOrder(of: outputs) { values[ObjectIdentifier($0)] != nil }
        for node in order.nodes where values[ObjectIdentifier(node)] == nil {
            switch node.kind {
            case .operation(let op):
                let position = nodes.count
                values[ObjectIdentifier(node)] = node.types.indices.map { Value(position, $0) }
                nodes.append(
                    Node(.operation(op), inputs: node.inputs.map(value), types: node.types))
            case .custom:
                // Carries a gradient rule; its values are its last inputs.
                values[ObjectIdentifier(node)] = node.inputs.suffix(node.types.count).map(value)
            case .variable(let name):
                preconditionFailure("'\(name)' is read, but it is no input of the graph")
            case .captured:
                preconditionFailure("a captured array is read, but it is no input of the graph")
            }
        }
        self.init(nodes: nodes, inputs: Array(inputs.indices), outputs: outputs.map(value))
    }

    /// The graph's outputs as symbols over `arguments`, one for each input.
    /// - Precondition: there are as many arguments as inputs, of their types.
    package func symbols(over arguments: [Symbol]) -> [Symbol] {
        precondition(arguments.count == inputs.count, "one argument per input")
        var values = [[Symbol]](repeating: [], count: nodes.count)
        for (node, argument) in zip(inputs, arguments) { values[node] = [argument] }
        for (position, node) in nodes.enumerated() {
            switch node.kind {
            case .input: continue
            case .constant:
                preconditionFailure("constants come from passes, which run after differentiation")
            case .operation(let op):
                let built = BraidCore.Node(
                    .operation(op), inputs: node.inputs.map { values[$0.node][$0.output] },
                    types: node.types)
                values[position] = node.types.indices.map { Symbol(built, $0) }
            }
        }
        return outputs.map { values[$0.node][$0.output] }
    }
}
