package import BraidCore

/// Removes the nodes that no output depends on, and those that only hand on what they are given (a
/// reshape to the same shape, a stopped gradient). Inputs stay: calls give arrays for all of them.
package struct DeadNodes: GraphPass {
    package static let name = "dead-nodes"
    package static let isExact = true

    package init() {}

    package func run(on graph: Graph) -> PassResult {
        var isAlive = [Bool](repeating: false, count: graph.nodes.count)
        for node in graph.inputs { isAlive[node] = true }
        for output in graph.outputs { isAlive[output.node] = true }
        for (position, node) in graph.nodes.enumerated().reversed() where isAlive[position] {
            for input in node.inputs { isAlive[input.node] = true }
        }
        var rewriter = GraphRewriter(graph)
        for (position, node) in graph.nodes.enumerated() {
            if !isAlive[position] {
                rewriter.dropNext()
            } else if handsOn(node, in: graph) {
                rewriter.forwardNext(to: rewriter.nextInputs)
            } else {
                rewriter.keepNext()
            }
        }
        let result = rewriter.finish()
        let removed = graph.nodes.count - result.nodes.count
        return PassResult(graph: result, summary: "removed \(counted(removed, "node"))")
    }

    /// Whether the output is the operand, element for element.
    private func handsOn(_ node: Graph.Node, in graph: Graph) -> Bool {
        guard let op = node.op, type(of: op).traits.contains(.view),
            node.types == node.inputs.map(graph.type(of:))
        else { return false }
        // Dense strides give every element a place of its own, so what keeps them keeps all places.
        let layout = Layout(dense: node.types[0].shape)
        return op.view(of: layout) == layout
    }
}
