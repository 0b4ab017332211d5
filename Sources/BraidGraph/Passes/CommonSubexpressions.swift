package import BraidCore

/// Merges nodes that compute the same: equal operators on the same values, and constants of equal
/// elements. Random nodes stay apart, even with the same key.
///
/// One sweep reaches the fixed point: a node is looked up after its operands were merged.
package struct CommonSubexpressions: GraphPass {
    package static let name = "common-subexpressions"
    package static let isExact = true

    package init() {}

    /// What a node computes.
    private struct Computation: Hashable {
        let function: AnyHashable
        let inputs: [Graph.Value]

        init?(_ node: Graph.Node, _ inputs: [Graph.Value]) {
            switch node.kind {
            case .input: return nil
            case .constant(let constant): function = AnyHashable(constant)
            case .operation(let op):
                if type(of: op).traits.contains(.random) { return nil }
                function = AnyHashable(op)
            }
            self.inputs = inputs
        }
    }

    package func run(on graph: Graph) -> PassResult {
        var rewriter = GraphRewriter(graph)
        var known: [Computation: Int] = [:]
        var merged = 0
        for (position, node) in graph.nodes.enumerated() {
            let computation = Computation(node, rewriter.nextInputs)
            if let computation, let first = known[computation] {
                rewriter.forwardNext(to: rewriter.values(of: first))
                merged += 1
            } else {
                if let computation { known[computation] = position }
                rewriter.keepNext()
            }
        }
        return PassResult(
            graph: rewriter.finish(), summary: "merged \(counted(merged, "node")) into others")
    }
}
