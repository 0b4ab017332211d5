package import BraidCore
import BraidOperators

/// Makes one node of pointwise nodes of one shape that take each other's values: trees and graphs of
/// them, with operands that broadcast, casts and comparisons, and one or more results. What lies
/// between stays in registers. Arrays of equal elements become constants of the program.
///
/// Every instruction is the one that the operator alone would run, so that every bit is the same.
package struct PointwiseFusion: GraphPass {
    package static let name = "pointwise-fusion"
    package static let isExact = true

    package init() {}

    package func run(on graph: Graph) -> PassResult {
        var consumers = [[Int]](repeating: [], count: graph.nodes.count)
        for (position, node) in graph.nodes.enumerated() {
            for input in node.inputs { consumers[input.node].append(position) }
        }
        var useCounts = consumers.map(\.count)
        for output in graph.outputs { useCounts[output.node] += 1 }

        let parts = FusionGroups(graph, consumers: consumers).groups.flatMap { group in
            FusionParts(group, of: graph, useCounts: useCounts).parts
        }
        var assembly = Assembly(graph)
        var (fusedNodes, fusedParts) = (0, 0)
        for part in parts {
            let members = Set(part)
            let readsFill = part.contains { member in
                graph.nodes[member].inputs.contains { graph.nodes[$0.node].op is Fill }
            }
            // One node alone is best left as it is, unless it gets rid of a fill.
            if part.count == 1, !readsFill { continue }
            assembly.fuse(
                part,
                FusedProgram(part, of: graph) { member in
                    useCounts[member] != consumers[member].count { members.contains($0) }
                })
            fusedNodes += part.count
            fusedParts += 1
        }
        return PassResult(
            graph: assembly.assembled(),
            summary: "fused \(counted(fusedNodes, "node")) into \(fusedParts)")
    }
}

/// Puts a graph together in which parts were fused.
private struct Assembly {
    private let graph: Graph
    private var programs: [FusedProgram] = []
    /// For each node, the program that it is a member of.
    private var programOf: [Int?]
    /// For each program, its last member.
    private var lastMembers: [Int] = []

    private var nodes: [Graph.Node] = []
    private var values: [Graph.Value: Graph.Value] = [:]
    private var isEmitted: [Bool]

    init(_ graph: Graph) {
        self.graph = graph
        programOf = Array(repeating: nil, count: graph.nodes.count)
        isEmitted = Array(repeating: false, count: graph.nodes.count)
    }

    mutating func fuse(_ part: [Int], _ program: FusedProgram) {
        for member in part { programOf[member] = programs.count }
        lastMembers.append(part.max()!)
        programs.append(program)
    }

    /// The new graph: close to the order of the old one, which says when values are wanted.
    mutating func assembled() -> Graph {
        for (position, node) in graph.nodes.enumerated() {
            // Fills come when somebody still takes them.
            if node.op is Fill { continue }
            if let program = programOf[position], lastMembers[program] != position { continue }
            emit(position)
        }
        for output in graph.outputs { emit(output.node) }
        return Graph(
            nodes: nodes, inputs: graph.inputs.map { values[Graph.Value($0)]!.node },
            outputs: graph.outputs.map { values[$0]! })
    }

    /// Adds a node, or the program that it is a member of, after what it depends on.
    private mutating func emit(_ node: Int) {
        // With a stack of its own: graphs may be deeper than the call stack.
        var stack = [node]
        while let node = stack.last {
            if isEmitted[node] {
                stack.removeLast()
                continue
            }
            let program = programOf[node].map { programs[$0] }
            let inputs = program?.inputs ?? graph.nodes[node].inputs
            let missing = inputs.filter { values[$0] == nil }
            if !missing.isEmpty {
                stack += missing.reversed().map(\.node)
                continue
            }
            append(node, program, inputs.map { values[$0]! })
            stack.removeLast()
        }
    }

    private mutating func append(_ node: Int, _ program: FusedProgram?, _ inputs: [Graph.Value]) {
        let position = nodes.count
        if let program {
            let types = program.outputs.map { graph.nodes[$0].types[0] }
            nodes.append(Graph.Node(.operation(program.op), inputs: inputs, types: types))
            for (index, member) in program.outputs.enumerated() {
                values[Graph.Value(member)] = Graph.Value(position, index)
                isEmitted[member] = true
            }
            isEmitted[node] = true
        } else {
            let old = graph.nodes[node]
            nodes.append(Graph.Node(old.kind, inputs: inputs, types: old.types))
            for output in old.types.indices {
                values[Graph.Value(node, output)] = Graph.Value(position, output)
            }
            isEmitted[node] = true
        }
    }
}
