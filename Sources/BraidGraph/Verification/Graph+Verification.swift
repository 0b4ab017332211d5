public import BraidCore

extension Graph {
    /// This graph, after a look at everything that passes and plans rely on.
    /// - Throws: `GraphError`, the first thing that is wrong.
    public func verified() throws(GraphError) -> Graph {
        try verify()
        return self
    }

    /// Checks that nodes stand after those whose values they take, that every value that is named
    /// exists, that all types are what inference gives, and that inputs and outputs are there.
    /// - Throws: `GraphError`, the first thing that is wrong.
    public func verify() throws(GraphError) {
        var isListed = [Bool](repeating: false, count: nodes.count)
        for input in inputs {
            guard nodes.indices.contains(input) else {
                throw GraphError(
                    node: nil, operation: "inputs",
                    "node \(input) is listed, but there are \(nodes.count) nodes")
            }
            guard case .input = nodes[input].kind else {
                throw error(at: input, "is listed as an input of the graph, but is none")
            }
            guard !isListed[input] else { throw error(at: input, "is listed as an input twice") }
            isListed[input] = true
        }
        for position in nodes.indices {
            try verifyOperands(of: position)
            switch nodes[position].kind {
            case .input(_, let isRandomKey):
                try verifySource(position)
                guard !isRandomKey || nodes[position].types[0] == TensorType(.i64, [2]) else {
                    throw error(
                        at: position,
                        "is a random key, i64[2], but has type "
                            + "\(nodes[position].types[0])")
                }
                guard isListed[position] else {
                    throw error(at: position, "is not listed among the inputs of the graph")
                }
            case .constant(let constant):
                try verifySource(position)
                guard nodes[position].types[0] == constant.type else {
                    throw error(
                        at: position,
                        "has type \(nodes[position].types[0]), but its elements are a "
                            + "\(constant.type)")
                }
            case .operation(let op):
                try verifyTypes(of: op, at: position)
            }
        }
        for (index, output) in outputs.enumerated() where !exists(output, before: nodes.count) {
            throw GraphError(
                node: nil, operation: "outputs",
                "output \(index) is value \(output.output) of node \(output.node), which there is "
                    + "not")
        }
    }

    /// What a node is, for messages: the operator's name, `input 'x'`, `constant`.
    package func title(of node: Int) -> String {
        switch nodes[node].kind {
        case .input(let name, _): "input '\(name)'"
        case .constant: "constant"
        case .operation(let op): Swift.type(of: op).name
        }
    }

    private func error(at node: Int, _ message: String) -> GraphError {
        GraphError(node: node, operation: title(of: node), message)
    }

    private func exists(_ value: Value, before end: Int) -> Bool {
        value.node >= 0 && value.node < end
            && nodes[value.node].types.indices.contains(value.output)
    }

    private func verifyOperands(of position: Int) throws(GraphError) {
        for (index, value) in nodes[position].inputs.enumerated()
        where !exists(value, before: position) {
            let reason =
                if !nodes.indices.contains(value.node) {
                    "which there is not"
                } else if value.node >= position {
                    "which does not stand before it"
                } else {
                    "which has \(nodes[value.node].types.count) outputs"
                }
            throw error(
                at: position,
                "input \(index) is value \(value.output) of node \(value.node), \(reason)")
        }
    }

    /// Inputs and constants take nothing and give one value.
    private func verifySource(_ position: Int) throws(GraphError) {
        let node = nodes[position]
        guard node.inputs.isEmpty, node.types.count == 1 else {
            throw error(
                at: position,
                "takes no inputs and gives one value, but has \(node.inputs.count) inputs and "
                    + "\(node.types.count) values")
        }
    }

    private func verifyTypes(of op: any Operator, at position: Int) throws(GraphError) {
        let node = nodes[position]
        // Inference functions count on the arity.
        if let arity = Swift.type(of: op).arity, arity != node.inputs.count {
            throw error(at: position, "takes \(arity) inputs, but has \(node.inputs.count)")
        }
        let types = node.inputs.map(type(of:))
        let inferred: [TensorType]
        do throws(ArrayError) {
            inferred = try op.outputs(for: types.span)
        } catch {
            throw self.error(at: position, error.description)
        }
        guard inferred == node.types else {
            throw error(
                at: position, "gives \(inferred) of \(types), but its types are \(node.types)")
        }
    }
}
