import BraidCore
import BraidGraph
import BraidOperators
import BraidTestSupport

extension Graph {
    /// The graph of symbols over variables, which are called `0`, `1` and so on.
    init(_ outputs: [Symbol], from inputs: [Symbol]) {
        self.init(
            computing: outputs, from: inputs, names: inputs.indices.map { "\($0)" })
    }

    /// The operators' names in the order of the nodes.
    var operatorNames: [String] { nodes.compactMap { $0.op.map { Swift.type(of: $0).name } } }

    /// The number of nodes that compute.
    var operationCount: Int { operatorNames.count }

    /// The nodes that fusion made.
    var fusedOperators: [FusedPointwise] { nodes.compactMap { $0.op as? FusedPointwise } }
}

extension GraphPass {
    /// The new graph, which is in order.
    func verifiedRun(on graph: Graph) throws -> Graph {
        try run(on: graph).graph.verified()
    }
}

extension SeededGenerator {
    /// Random arguments for a graph, away from special numbers.
    mutating func arguments(of graph: Graph) -> [Graph.Constant] {
        graph.inputs.map { node in
            let type = graph.nodes[node].types[0]
            return array(type.dtype, type.shape, Domain(low: -1, high: 1), .small).constant
        }
    }
}
