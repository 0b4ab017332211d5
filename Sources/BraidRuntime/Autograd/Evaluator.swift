import BraidCore
import BraidGraph
import BraidPlatform

/// Runs a graph of symbols by applying its operators to arrays, one job after the other.
struct Evaluator {
    private var bound: [ObjectIdentifier: [NDArray?]] = [:]

    /// Gives a symbol its value; the nodes before it are not run for its sake.
    mutating func bind(_ symbol: Symbol, to array: NDArray) {
        let key = ObjectIdentifier(symbol.node)
        bound[key, default: Array(repeating: nil, count: symbol.node.types.count)][symbol.index] =
            array
    }

    /// The values of `symbols`. Every value is released after its last use. Consumes the bindings.
    consuming func evaluate(_ symbols: [Symbol]) -> [NDArray] {
        var values = bound
        bound = [:]
        let order = TopologicalOrder(of: symbols) { node in
            values[ObjectIdentifier(node)].map { !$0.contains { $0 == nil } } ?? false
        }
        var uses = [Int](repeating: 0, count: order.nodes.count)
        var table = [[NDArray?]](repeating: [], count: order.nodes.count)
        for (position, node) in order.nodes.enumerated() {
            if let value = values.removeValue(forKey: ObjectIdentifier(node)),
                !value.contains(where: { $0 == nil })
            {
                table[position] = value
            } else {
                for input in node.inputs { uses[order.position(of: input.node)!] += 1 }
            }
        }
        values = [:]
        for symbol in symbols { uses[order.position(of: symbol.node)!] += 1 }

        func use(_ symbol: Symbol) -> NDArray {
            let position = order.position(of: symbol.node)!
            let value = table[position][symbol.index]!
            uses[position] -= 1
            if uses[position] == 0 { table[position] = [] }
            return value
        }
        for (position, node) in order.nodes.enumerated() where table[position].isEmpty {
            table[position] = Self.run(node, node.inputs.map(use))
        }
        return symbols.map(use)
    }

    private static func run(_ node: Node, _ inputs: [NDArray]) -> [NDArray] {
        switch node.kind {
        case .operation(let op):
            return run(op, inputs)
        case .captured(let source):
            return [unsafeDowncast(source, to: TraceSource.self).array(among: [])]
        case .randomKey: return [.randomKey()]
        case .variable(let name):
            brokenInvariant("the gradient reads \(name), which was not saved when recording")
        case .custom:
            // A traced custom function passes its results on behind its inputs.
            return Array(inputs.suffix(node.types.count))
        }
    }

    private static func run<O: Operator>(_ op: O, _ inputs: [NDArray]) -> [NDArray] {
        switch inputs.count {
        case 1: [NDArray.apply(op, inputs[0])]
        case 2: [NDArray.apply(op, inputs[0], inputs[1])]
        default: NDArray.applyAll(op, to: inputs)
        }
    }
}
