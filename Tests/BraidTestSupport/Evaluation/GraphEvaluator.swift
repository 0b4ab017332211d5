public import BraidCore

/// Evaluates symbols on host arrays by running every operator on plain memory, one after the other:
/// no engine, no runtime, no passes.
public struct GraphEvaluator {
    private let nodes: [Node]
    private let positions: [ObjectIdentifier: Int]
    private let outputs: [Symbol]

    /// An evaluator of the given symbols.
    public init(_ outputs: [Symbol]) {
        var nodes: [Node] = []
        var positions: [ObjectIdentifier: Int] = [:]
        // Depth first with a stack of its own, as graphs may be deeper than the call stack.
        var stack = outputs.map { (node: $0.node, isExpanded: false) }
        while let (node, isExpanded) = stack.popLast() {
            let identity = ObjectIdentifier(node)
            if positions[identity] != nil { continue }
            if isExpanded {
                positions[identity] = nodes.count
                nodes.append(node)
            } else {
                stack.append((node, true))
                stack += node.inputs.map { ($0.node, false) }
            }
        }
        self.nodes = nodes
        self.positions = positions
        self.outputs = outputs
    }

    /// How a graph is run.
    public enum Style: Sendable {
        /// Every operator once, on dense inputs.
        case plain
        /// Every operator several times, under all observations of `OperatorRun.observed`.
        case observed(seed: UInt64)
    }

    /// The symbols' values, with a value given for each variable they depend on.
    /// - Throws: `ObservationFailure` when an operator breaks a rule of evaluation.
    public func callAsFunction(
        _ bindings: [(Symbol, HostArray)], _ style: Style = .plain
    ) throws -> [HostArray] {
        var values = [[DenseValue]](repeating: [], count: nodes.count)
        for (variable, array) in bindings {
            precondition(variable.type == array.type, "\(array.type) for a \(variable.type)")
            guard let position = positions[ObjectIdentifier(variable.node)] else { continue }
            values[position] = [DenseValue(array)]
        }
        var generator: SeededGenerator? =
            if case .observed(let seed) = style { SeededGenerator(seed: seed) } else { nil }
        for (position, node) in nodes.enumerated() where values[position].isEmpty {
            guard case .operation(let op) = node.kind else {
                preconditionFailure("a variable \(node.types) without a value")
            }
            let inputs = node.inputs.map { values[positions[ObjectIdentifier($0.node)]!][$0.index] }
            if generator != nil {
                values[position] = try OperatorRun.observed(op, inputs, &generator!).outputs
            } else {
                values[position] = try OperatorRun(op, inputs.map(\.view))(
                    garbage: 0xA5, splitter: nil)
            }
            precondition(values[position].map(\.type) == node.types, "inferred types moved")
        }
        return outputs.map { values[positions[ObjectIdentifier($0.node)]!][$0.index].array }
    }
}
