package import BraidCore

/// The nodes that some symbols depend on, inputs before users, each once.
package struct TopologicalOrder {
    package private(set) var nodes: [Node] = []
    private var positions: [ObjectIdentifier: Int] = [:]

    /// Orders what `outputs` depend on, stopping at nodes for which `isBoundary` holds (they are
    /// part of the order, their inputs are not).
    package init(of outputs: [Symbol], stoppingAt isBoundary: (Node) -> Bool = { _ in false }) {
        // Depth first with an explicit stack: a graph may be deeper than the call stack allows.
        for output in outputs {
            var stack: [(node: Node, next: Int)] = []
            enter(output.node, &stack)
            while let top = stack.last {
                let inputs = isBoundary(top.node) ? [] : top.node.inputs
                if top.next < inputs.count {
                    stack[stack.count - 1].next += 1
                    enter(inputs[top.next].node, &stack)
                } else {
                    stack.removeLast()
                    positions[ObjectIdentifier(top.node)] = nodes.count
                    nodes.append(top.node)
                }
            }
        }
    }

    private mutating func enter(_ node: Node, _ stack: inout [(node: Node, next: Int)]) {
        guard positions[ObjectIdentifier(node)] == nil else { return }
        positions[ObjectIdentifier(node)] = -1  // on the stack; replaced when the node is placed
        stack.append((node, 0))
    }

    /// Where a node stands in the order; nil when it is not part of it.
    package func position(of node: Node) -> Int? { positions[ObjectIdentifier(node)] }
}
