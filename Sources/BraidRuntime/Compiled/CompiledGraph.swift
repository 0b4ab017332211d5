public import BraidCore
public import BraidGraph
import BraidOperators

/// A graph that is ready to run.
///
/// Any number of threads may run it at once.
public final class CompiledGraph: Sendable {
    /// The graph as it was given.
    package let graph: Graph

    /// Compiles a graph.
    public init(_ graph: Graph, options: OptimizationOptions = OptimizationOptions()) {
        self.graph = graph
    }

    /// The outputs for arrays in the order of the graph's inputs.
    /// - Precondition: there is an array of the right type for each input.
    package func run(_ arguments: [NDArray]) -> [NDArray] {
        var values = [[NDArray]](repeating: [], count: graph.nodes.count)
        for (node, argument) in zip(graph.inputs, arguments) { values[node] = [argument] }
        for (position, node) in graph.nodes.enumerated() {
            switch node.kind {
            case .input: continue
            case .constant(let constant):
                values[position] = [
                    NDArray(constant.type) { $0.copyBytes(from: constant.bytes) }
                ]
            case .operation(let op):
                values[position] = Self.apply(op, node.inputs.map { values[$0.node][$0.output] })
            }
        }
        return graph.outputs.map { values[$0.node][$0.output] }
    }

    private static func apply<O: Operator>(_ op: O, _ inputs: [NDArray]) -> [NDArray] {
        NDArray.applyAll(op, to: inputs)
    }
}
