import BraidCore

/// Builds a new graph from one that is walked through node by node.
struct GraphRewriter {
    private let graph: Graph
    private var nodes: [Graph.Node] = []
    /// Where the values of each node that was walked past are in the new graph.
    private var values: [[Graph.Value]] = []

    init(_ graph: Graph) {
        self.graph = graph
        nodes.reserveCapacity(graph.nodes.count)
        values.reserveCapacity(graph.nodes.count)
    }

    /// The operands of the node that comes next, in the new graph.
    var nextInputs: [Graph.Value] {
        graph.nodes[values.count].inputs.map { values[$0.node][$0.output] }
    }

    /// Where the values of a node that was walked past are in the new graph.
    func values(of node: Int) -> [Graph.Value] { values[node] }

    /// Walks past the next node and keeps it.
    mutating func keepNext() {
        let node = graph.nodes[values.count]
        let inputs = nextInputs
        values.append(append(Graph.Node(node.kind, inputs: inputs, types: node.types)))
    }

    /// Walks past the next node, whose values nodes of one value each give instead.
    mutating func replaceNext(by nodes: [Graph.Node]) {
        values.append(nodes.flatMap { append($0) })
    }

    private mutating func append(_ node: Graph.Node) -> [Graph.Value] {
        let position = nodes.count
        nodes.append(node)
        return node.types.indices.map { Graph.Value(position, $0) }
    }

    /// Walks past the next node, whose values are there already.
    mutating func forwardNext(to existing: [Graph.Value]) { values.append(existing) }

    /// Walks past the next node, whose values nobody takes.
    mutating func dropNext() { values.append([]) }

    /// The new graph, after the last node.
    consuming func finish() -> Graph {
        Graph(
            nodes: nodes, inputs: graph.inputs.map { values[$0][0].node },
            outputs: graph.outputs.map { values[$0.node][$0.output] })
    }
}
