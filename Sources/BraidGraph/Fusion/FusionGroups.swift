import BraidCore
import BraidOperators

/// Which pointwise nodes run as one.
///
/// A group must be convex: no path may leave it and come back, or the fused node would depend on
/// itself. Every node gets a *level* that never falls along an edge and rises along every edge into a
/// node that does not fuse. Between nodes of one level lie pointwise nodes only, and their shapes only
/// grow by broadcasting; so a path between two nodes of one level and one shape stays among such nodes,
/// and a connected component of them is convex. All of it is linear in nodes and edges.
///
/// Left out: pointwise nodes of different shapes (the smaller one would be computed again for every
/// element of the larger), values that only share an operand (nothing between them stays in
/// registers), and pointwise work around reductions and products, which have kernels of their own.
struct FusionGroups {
    /// Groups of nodes, in an order in which they can be computed. Nodes that do not fuse are in none.
    private(set) var groups: [[Int]] = []

    private let graph: Graph
    private let consumers: [[Int]]
    private let isFusable: [Bool]
    private var levels: [Int]

    /// - Parameter consumers: for each node, the nodes that take its values, once for each operand.
    init(_ graph: Graph, consumers: [[Int]]) {
        self.graph = graph
        self.consumers = consumers
        isFusable = graph.nodes.map { node in
            guard let op = node.op else { return false }
            // A fill is no work; it is absorbed as a constant wherever it is read.
            return op is any PointwiseOperator && !(op is Fill)
        }
        levels = Array(repeating: 0, count: graph.nodes.count)
        setEarliestLevels()
        delay()
        let components = components()
        for component in components { groups.append(depthFirst(component)) }
    }

    private mutating func setEarliestLevels() {
        for (position, node) in graph.nodes.enumerated() {
            let latest = node.inputs.reduce(0) { max($0, levels[$1.node]) }
            levels[position] = isFusable[position] || node.inputs.isEmpty ? latest : latest + 1
        }
    }

    /// Moves nodes to the level of those that take their values when they can fuse there: a backward
    /// pass then computes factors from forward values where it needs them, instead of storing them.
    private mutating func delay() {
        for position in graph.nodes.indices.reversed() where isFusable[position] {
            var latest = Int.max
            for consumer in consumers[position] {
                latest = min(latest, isFusable[consumer] ? levels[consumer] : levels[consumer] - 1)
            }
            let joins = consumers[position].contains { consumer in
                isFusable[consumer] && levels[consumer] == latest
                    && shape(consumer) == shape(position)
            }
            if joins { levels[position] = latest }
        }
    }

    private func shape(_ node: Int) -> Shape { graph.nodes[node].types[0].shape }

    private func fuses(_ producer: Int, with consumer: Int) -> Bool {
        isFusable[producer] && isFusable[consumer] && levels[producer] == levels[consumer]
            && shape(producer) == shape(consumer)
    }

    /// Connected components of nodes that fuse, each ascending.
    private func components() -> [[Int]] {
        var parents = Array(graph.nodes.indices)
        func root(_ node: Int) -> Int {
            var node = node
            while parents[node] != node {
                parents[node] = parents[parents[node]]
                node = parents[node]
            }
            return node
        }
        for (position, node) in graph.nodes.enumerated() where isFusable[position] {
            for input in node.inputs where fuses(input.node, with: position) {
                let (a, b) = (root(input.node), root(position))
                // The smallest member leads, so that components come in the order of nodes.
                parents[max(a, b)] = min(a, b)
            }
        }
        var members: [Int: [Int]] = [:]
        var leaders: [Int] = []
        for position in graph.nodes.indices where isFusable[position] {
            let leader = root(position)
            if leader == position { leaders.append(position) }
            members[leader, default: []].append(position)
        }
        return leaders.map { members[$0]! }
    }

    /// Members with operands before users, one operand's subtree after the other, so that few values
    /// wait in registers.
    private func depthFirst(_ component: [Int]) -> [Int] {
        if component.count == 1 { return component }
        var order: [Int] = []
        var isVisited: Set<Int> = []
        for last in component where !consumers[last].contains(where: { fuses(last, with: $0) }) {
            var stack = [(node: last, next: 0)]
            isVisited.insert(last)
            while let (node, next) = stack.last {
                let inputs = graph.nodes[node].inputs
                if next == inputs.count {
                    order.append(node)
                    stack.removeLast()
                    continue
                }
                stack[stack.count - 1].next += 1
                let operand = inputs[next].node
                if fuses(operand, with: node), isVisited.insert(operand).inserted {
                    stack.append((operand, 0))
                }
            }
        }
        return order
    }
}
