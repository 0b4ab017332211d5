package import BraidCore

/// Orders the nodes so that fewer bytes are alive at a time when they run one after the other.
///
/// List scheduling: of the nodes whose operands are there, the one comes next after which the fewest
/// bytes more are alive. Finding the best order is NP-hard (Sethi, 1975), and the greedy one is not
/// always better than that of the program, which is kept then. Inputs and results lie in arrays of
/// their own and do not count.
package struct Scheduling: GraphPass {
    package static let name = "scheduling"
    package static let isExact = true

    package init() {}

    package func run(on graph: Graph) -> PassResult {
        let lifetimes = Lifetimes(graph)
        let before = lifetimes.peakByteCount(in: Array(graph.nodes.indices))
        let order = lifetimes.greedyOrder()
        let after = lifetimes.peakByteCount(in: order)
        guard after < before else {
            return PassResult(
                graph: graph, summary: "kept the order, \(before) bytes alive at most")
        }
        return PassResult(
            graph: graph.reordered(order),
            summary: "reordered the nodes: \(after) instead of \(before) bytes alive at most")
    }
}

extension Graph {
    /// The same nodes in another order, given by their positions.
    fileprivate func reordered(_ order: [Int]) -> Graph {
        var position = [Int](repeating: 0, count: nodes.count)
        for (new, old) in order.enumerated() { position[old] = new }
        func moved(_ value: Value) -> Value { Value(position[value.node], value.output) }
        return Graph(
            nodes: order.map { old in
                let node = nodes[old]
                return Node(node.kind, inputs: node.inputs.map(moved), types: node.types)
            }, inputs: inputs.map { position[$0] }, outputs: outputs.map(moved))
    }
}

/// Which nodes need the memory of which others. Memory counts by node: a node's outputs live together.
private struct Lifetimes {
    private let graph: Graph
    /// For each node the one whose memory holds its values: another one for views.
    private var root: [Int]
    /// Bytes that a node's values take in the arena; none for inputs, constants, views and what a call
    /// returns.
    private var byteCount: [Int]
    /// For each node, the roots that it reads, each once.
    private var sources: [[Int]]
    /// For each root, the nodes that read it, ascending.
    private var readers: [[Int]]
    /// For each node, the nodes that must come before it: its operands, and what `mustWait` adds.
    private var predecessors: [[Int]] = []

    init(_ graph: Graph) {
        self.graph = graph
        let count = graph.nodes.count
        root = Array(0..<count)
        byteCount = Array(repeating: 0, count: count)
        sources = Array(repeating: [], count: count)
        readers = sources
        // For each root, the last node that is known to read it.
        var lastReader = [Int](repeating: -1, count: count)
        for (position, node) in graph.nodes.enumerated() {
            guard let op = node.op else { continue }
            if type(of: op).traits.contains(.view), let operand = node.inputs.first {
                root[position] = root[operand.node]
            } else {
                byteCount[position] = node.types.reduce(0) { $0 + $1.byteCount }
            }
            for input in node.inputs {
                let source = root[input.node]
                if lastReader[source] == position { continue }
                lastReader[source] = position
                sources[position].append(source)
                readers[source].append(position)
            }
        }
        for output in graph.outputs { byteCount[root[output.node]] = 0 }
        predecessors = graph.nodes.map { Array(Set($0.inputs.map(\.node))) }
        for output in graph.outputs {
            predecessors[output.node] += mustWait(output)
        }
    }

    /// Past so many readers an input is not looked at: the work is their number for each output.
    private static let readerLimit = 1_000

    /// The other readers of an input that an output may be written over, as an updated parameter is:
    /// those that came before it stay before it, so that they still find the old value.
    private func mustWait(_ output: Graph.Value) -> [Int] {
        let type = graph.type(of: output)
        return graph.nodes[output.node].inputs.flatMap { input -> [Int] in
            guard case .input = graph.nodes[input.node].kind, graph.type(of: input) == type,
                readers[input.node].count <= Self.readerLimit
            else { return [] }
            return readers[input.node].filter { $0 < output.node }
        }
    }

    /// The most bytes that are alive while one node of `order` runs.
    func peakByteCount(in order: [Int]) -> Int {
        var unread = readers.map(\.count)
        var (alive, peak) = (0, 0)
        for node in order {
            alive += byteCount[node]
            peak = max(peak, alive)
            for source in sources[node] {
                unread[source] -= 1
                if unread[source] == 0 { alive -= byteCount[source] }
            }
            if readers[node].isEmpty { alive -= byteCount[node] }
        }
        return peak
    }

    /// Of the nodes that are ready always the one that adds the fewest bytes, of equals the earliest.
    func greedyOrder() -> [Int] {
        var unread = readers.map(\.count)
        var missing = predecessors.map(\.count)
        var successors = [[Int]](repeating: [], count: graph.nodes.count)
        for (node, before) in predecessors.enumerated() {
            for earlier in before { successors[earlier].append(node) }
        }
        // Bytes more that are alive after each node, as things stand.
        var addedBytes = graph.nodes.indices.map { node in
            sources[node].reduce(byteCount[node]) { sum, source in
                unread[source] == 1 ? sum - byteCount[source] : sum
            }
        }
        var isDone = [Bool](repeating: false, count: graph.nodes.count)
        var ready = MinimumHeap()
        for node in graph.nodes.indices where missing[node] == 0 {
            ready.insert(addedBytes[node], node)
        }
        var order: [Int] = []
        order.reserveCapacity(graph.nodes.count)
        while let (_, node) = ready.popMinimum() {
            // Entries from before a node got cheaper are left in the heap.
            if isDone[node] { continue }
            isDone[node] = true
            order.append(node)
            for source in sources[node] {
                unread[source] -= 1
                guard unread[source] == 1, byteCount[source] > 0,
                    let last = readers[source].first(where: { !isDone[$0] })
                else { continue }
                addedBytes[last] -= byteCount[source]
                if missing[last] == 0 { ready.insert(addedBytes[last], last) }
            }
            for successor in successors[node] {
                missing[successor] -= 1
                if missing[successor] == 0 { ready.insert(addedBytes[successor], successor) }
            }
        }
        return order
    }
}

/// A binary heap of nodes by a key; of equal keys the lower node comes first.
private struct MinimumHeap {
    private var entries: [(key: Int, node: Int)] = []

    mutating func insert(_ key: Int, _ node: Int) {
        entries.append((key, node))
        var child = entries.count - 1
        while child > 0, entries[child] < entries[(child - 1) / 2] {
            entries.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func popMinimum() -> (key: Int, node: Int)? {
        guard let first = entries.first else { return nil }
        let last = entries.removeLast()
        if entries.isEmpty { return first }
        entries[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < entries.count && entries[child] < entries[least] { least = child }
            if least == parent { return first }
            entries.swapAt(parent, least)
            parent = least
        }
    }
}
