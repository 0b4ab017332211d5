package import BraidCore
import BraidOperators

/// Computes once what does not depend on the graph's inputs, with the kernels and on the layouts that
/// the nodes would run with, so that every bit is what it would be.
///
/// Results of up to 64 KiB become constants. Two kinds of node do not, as constants would only be
/// larger: arrays of equal elements stay, or become, a `Fill`; views of constants stay views. Random
/// nodes are not folded.
package struct ConstantFolding: GraphPass {
    package static let name = "constant-folding"
    package static let isExact = true
    /// The largest array that is computed, or computed from, while folding.
    private static let byteLimit = 1 << 16

    package init() {}

    /// What is known of a value.
    private enum Known {
        /// All elements are equal.
        case uniform(Fill)
        case elements(HostValue)

        var elements: HostValue {
            switch self {
            case .elements(let value): value
            case .uniform(let fill): HostValue.results(of: fill, on: [], types: [type])[0]
            }
        }

        var type: TensorType {
            switch self {
            case .elements(let value): value.type
            case .uniform(let fill): TensorType(fill.dtype, fill.shape)
            }
        }

        var fill: Fill? {
            if case .uniform(let fill) = self { fill } else { nil }
        }

        /// The node that gives this value.
        func node(of type: TensorType) -> Graph.Node {
            switch self {
            case .uniform(let fill): Graph.Node(.operation(fill), types: [type])
            case .elements(let value): Graph.Node(.constant(value.constant), types: [type])
            }
        }
    }

    package func run(on graph: Graph) -> PassResult {
        var rewriter = GraphRewriter(graph)
        var known: [[Known]?] = []
        var folded = 0
        for node in graph.nodes {
            var results: [Known]?
            var isReplaced = false
            switch node.kind {
            case .input: break
            case .constant(let constant):
                if constant.type.byteCount <= Self.byteLimit {
                    results = [.elements(HostValue(constant))]
                }
            case .operation(let op):
                let operands = node.inputs.compactMap { known[$0.node]?[$0.output] }
                if operands.count == node.inputs.count {
                    (results, isReplaced) = fold(op, operands, node.types)
                }
            }
            if isReplaced, let results {
                rewriter.replaceNext(by: zip(results, node.types).map { $0.node(of: $1) })
                folded += 1
            } else {
                rewriter.keepNext()
            }
            known.append(results)
        }
        return PassResult(graph: rewriter.finish(), summary: "folded \(counted(folded, "node"))")
    }

    /// What an operator gives on known operands, and whether that should stand in its place.
    private func fold(
        _ op: any Operator, _ operands: [Known], _ types: [TensorType]
    ) -> (results: [Known]?, isReplaced: Bool) {
        if let fill = op as? Fill { return ([.uniform(fill)], false) }
        let traits = type(of: op).traits
        if traits.contains(.random) { return (nil, false) }
        if let fill = uniformResult(of: op, operands, types) { return ([.uniform(fill)], true) }
        // Fills were seen to above.
        if traits.contains(.view), let view = operands[0].elements.viewed(by: op) {
            return ([.elements(view)], false)
        }
        guard (operands.map(\.type) + types).allSatisfy({ $0.byteCount <= Self.byteLimit }) else {
            return (nil, false)
        }
        let elements = operands.map(\.elements)
        // What the operator does not take is found when the graph runs.
        if traits.contains(.checksValues), !HostValue.areTaken(elements, by: op) {
            return (nil, false)
        }
        let values = HostValue.results(of: op, on: elements, types: types)
        return (values.map(Known.elements), true)
    }

    /// The one output as an array of equal elements, when that follows from operands of equal elements
    /// and `Fill` can write the element's very bits.
    private func uniformResult(
        of op: any Operator, _ operands: [Known], _ types: [TensorType]
    ) -> Fill? {
        let fills = operands.compactMap(\.fill)
        guard !fills.isEmpty, fills.count == operands.count, types.count == 1 else { return nil }
        let type = types[0]
        if Swift.type(of: op).traits.contains(.view) {
            return Fill(type.shape, type.dtype, fills[0].value)
        }
        guard op is any PointwiseOperator else { return nil }
        // One element stands for all.
        func evaluate(_ op: any Operator, _ operands: [HostValue], _ dtype: DType) -> HostValue {
            HostValue.results(of: op, on: operands, types: [TensorType(dtype, [])])[0]
        }
        let inputs = fills.map { evaluate(Fill([], $0.dtype, $0.value), [], $0.dtype) }
        let element = evaluate(op, inputs, type.dtype)
        let number = evaluate(Cast(to: .f64), [element], .f64).constant.bytes
            .withUnsafeBytes { $0.loadUnaligned(as: Double.self) }
        guard type.dtype.holds(number),
            evaluate(Fill([], type.dtype, number), [], type.dtype).constant == element.constant
        else { return nil }
        return Fill(type.shape, type.dtype, number)
    }
}
