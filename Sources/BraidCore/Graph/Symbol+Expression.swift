/// How messages name symbols, which have no names of their own but for variables.
extension Symbol {
    /// Operators inside operators that an expression shows.
    private static let expressionDepth = 2
    /// Operands of one operator that an expression shows.
    private static let expressionWidth = 3

    /// The expression that gives the value, cut where it gets long: `matmul('x', add('w', …))`.
    package var expression: String { expression(depth: Self.expressionDepth) }

    private func expression(depth: Int) -> String {
        switch node.kind {
        case .variable(let name): return "'\(name)'"
        case .randomKey: return "a random key"
        case .captured(let source):
            return (source as? any CustomStringConvertible)?.description ?? "a captured array"
        case .custom: return "a custom function"
        case .operation(let op):
            let which = node.types.count > 1 ? "[\(index)]" : ""
            if node.inputs.isEmpty { return op.title + which }
            if depth == 0 { return "\(op.title)(…)\(which)" }
            var operands = node.inputs.prefix(Self.expressionWidth).map {
                $0.expression(depth: depth - 1)
            }
            if node.inputs.count > operands.count { operands.append("…") }
            return "\(op.title)(\(operands.joined(separator: ", ")))\(which)"
        }
    }
}

extension ArrayError {
    /// The same mistake, whose message says which symbols the operator was given.
    func naming(_ operands: [Symbol]) -> ArrayError {
        if operands.isEmpty { return self }
        let list = operands.map(\.expression).joined(separator: ", ")
        return ArrayError(
            code, in: operation, "\(message) (operand\(operands.count == 1 ? "" : "s"): \(list))")
    }
}
