package import BraidCore
import BraidOperators
import BraidPlatform

/// Between symbols, which are for building, and graphs, which are for passes.
extension Graph {
    /// The graph that computes `outputs` from `inputs`, which may be any symbols: what they are
    /// computed from is left out. Of inputs that stand several times the first is taken.
    /// - Precondition: `outputs` depend on no variables or captured values but `inputs`.
    package init(computing outputs: [Symbol], from inputs: [Symbol], names: [String]) {
        invariant(inputs.count == names.count, "one name per input")
        var nodes: [Node] = []
        var values: [ObjectIdentifier: [Value?]] = [:]
        for (input, name) in zip(inputs, names) {
            let key = ObjectIdentifier(input.node)
            var known = values[key] ?? input.node.types.map { _ in nil }
            if known[input.index] == nil { known[input.index] = Value(nodes.count) }
            values[key] = known
            var isRandomKey = false
            if case .randomKey = input.node.kind { isRandomKey = true }
            nodes.append(
                Node(.input(name: name, isRandomKey: isRandomKey), types: [input.type]))
        }
        func isGiven(_ node: BraidCore.Node) -> Bool {
            values[ObjectIdentifier(node)]?.contains { $0 == nil } == false
        }
        func value(_ symbol: Symbol) -> Value {
            values[ObjectIdentifier(symbol.node)]![symbol.index]!
        }
        let order = TopologicalOrder(of: outputs, stoppingAt: isGiven)
        for node in order.nodes where !isGiven(node) {
            let given = values[ObjectIdentifier(node)]
            /// Values that are no inputs come from the node.
            func complete(_ own: [Value]) {
                values[ObjectIdentifier(node)] = own.indices.map { given?[$0] ?? own[$0] }
            }
            switch node.kind {
            case .operation(let op):
                let position = nodes.count
                nodes.append(
                    Node(.operation(op), inputs: node.inputs.map(value), types: node.types))
                complete(node.types.indices.map { Value(position, $0) })
            case .custom:
                // Carries a gradient rule; its values are its last inputs.
                complete(node.inputs.suffix(node.types.count).map(value))
            case .variable(let name):
                brokenInvariant("'\(name)' is read, but it is no input of the graph")
            case .randomKey, .captured:
                brokenInvariant(
                    "\(node.inputs) is read, but it is no input of the graph")
            }
        }
        self.init(nodes: nodes, inputs: Array(inputs.indices), outputs: outputs.map(value))
    }

    /// The graph's outputs as symbols over `arguments`, one for each input.
    /// - Precondition: there are as many arguments as inputs, of their types.
    package func symbols(over arguments: [Symbol]) -> [Symbol] {
        invariant(arguments.count == inputs.count, "one argument per input")
        var values = [[Symbol]](repeating: [], count: nodes.count)
        for (node, argument) in zip(inputs, arguments) { values[node] = [argument] }
        for (position, node) in nodes.enumerated() {
            switch node.kind {
            case .input: continue
            case .constant:
                brokenInvariant("constants come from passes, which run after differentiation")
            case .operation(let op):
                invariant(
                    !(op is FusedPointwise),
                    "fused programs come from passes, which run after differentiation")
                let built = BraidCore.Node(
                    .operation(op), inputs: node.inputs.map { values[$0.node][$0.output] },
                    types: node.types)
                values[position] = node.types.indices.map { Symbol(built, $0) }
            }
        }
        return outputs.map { values[$0.node][$0.output] }
    }
}
