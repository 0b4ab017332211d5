public import BraidCore

extension Graph {
    /// The graph that computes symbols from the variables that they are made of.
    ///
    /// ```swift
    /// let x = Symbol.variable("x", .f32, [2, 3])
    /// let y = Symbol.variable("y", .f32, [2, 3])
    /// let graph = try Graph(outputs: [(x * y).sum(), x + y])     // takes x and y
    /// ```
    /// The variables become inputs in the order in which the outputs, the first one first, come to
    /// them from left to right. Keys of random operators become inputs `random key 1`, `random key 2`,
    /// …, for which every call draws anew.
    /// - Throws: `GraphError` when two variables share a name, or an output depends on a value of a
    ///   trace or of a gradient rule, which ends with that.
    public init(outputs: [Symbol]) throws(GraphError) {
        var inputs: [Symbol] = []
        var names: [String] = []
        var known: [String: Symbol] = [:]
        var keyCount = 0
        for node in TopologicalOrder(of: outputs).nodes {
            let symbol = Symbol(node)
            let name: String
            switch node.kind {
            case .operation, .custom: continue
            case .variable(let own): name = own
            case .randomKey:
                keyCount += 1
                name = "random key \(keyCount)"
            case .captured:
                throw GraphError(
                    node: nil, operation: "inputs",
                    "\(symbol.expression), \(symbol.type), is a value of a trace, which ends with it; "
                        + "graphs are made of variables")
            }
            if let other = known[name] {
                throw GraphError(
                    node: nil, operation: "inputs",
                    "two variables are called '\(name)', \(other.type) and \(symbol.type); use one "
                        + "symbol for both, or other names")
            }
            known[name] = symbol
            inputs.append(symbol)
            names.append(name)
        }
        self.init(computing: outputs, from: inputs, names: names)
    }
}
