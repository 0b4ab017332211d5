package import BraidCore

extension Graph {
    /// The outputs, every operator applied to arrays like any other code: recorded, traced, or run as
    /// it comes. Random keys are drawn here.
    /// - Precondition: there is an array of the right type for each input that is no random key.
    package func applied(to arguments: [NDArray]) -> [NDArray] {
        var next = arguments.makeIterator()
        var values = [[NDArray]](repeating: [], count: nodes.count)
        for node in inputs { values[node] = [isRandomKey(node) ? .randomKey() : next.next()!] }
        for (position, node) in nodes.enumerated() {
            switch node.kind {
            case .input: continue
            case .constant(let constant):
                values[position] = [Self.array(constant)]
            case .operation(let op):
                values[position] = Self.apply(op, node.inputs.map { values[$0.node][$0.output] })
            }
        }
        return outputs.map { values[$0.node][$0.output] }
    }

    private static func array(_ constant: Constant) -> NDArray {
        do throws(ArrayError) {
            return try NDArray(constant.type) { $0.copyBytes(from: constant.bytes) }
        } catch { return .invalid(error.reported(), like: constant.type) }
    }

    private static func apply<O: Operator>(_ op: O, _ operands: [NDArray]) -> [NDArray] {
        NDArray.applyAll(op, to: operands)
    }
}
