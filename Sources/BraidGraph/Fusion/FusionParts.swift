import BraidCore
import BraidOperators

/// Cuts a group of pointwise nodes into parts that registers and streams suffice for, in order, so that
/// no part needs a later one.
struct FusionParts {
    private let graph: Graph
    /// How often each node's value is taken, by nodes and as an output of the graph.
    private let useCounts: [Int]
    private let group: [Int]

    private(set) var parts: [[Int]] = []
    private var part: [Int] = []
    private var streams: Set<Graph.Value> = []
    /// Uses of each member by what is not in its part yet.
    private var outsideUses: [Int: Int] = [:]
    /// Uses of each member by members that come later.
    private var laterUses: [Int: Int] = [:]
    /// Members whose value the part has to write, as things stand.
    private var writtenCount = 0
    /// Members of the part that later ones of the group still read.
    private var waitingCount = 0

    init(_ group: [Int], of graph: Graph, useCounts: [Int]) {
        self.graph = graph
        self.useCounts = useCounts
        self.group = group
        let members = Set(group)
        for member in group {
            for input in graph.nodes[member].inputs where members.contains(input.node) {
                laterUses[input.node, default: 0] += 1
            }
        }
        for member in group { append(member) }
        parts.append(part)
    }

    private mutating func append(_ member: Int) {
        let inputs = graph.nodes[member].inputs
        var fresh: Set<Graph.Value> = []
        for input in inputs where outsideUses[input.node] == nil && !streams.contains(input) {
            fresh.insert(input)
        }
        // The member's own value and those that wait for later members are in registers at worst; the
        // member's value and those that are written now are in streams at worst.
        if !part.isEmpty,
            waitingCount + 1 > TileProgram.registerLimit
                || streams.count + fresh.count + writtenCount + 1 > TileProgram.streamLimit
        {
            parts.append(part)
            part = []
            streams = []
            outsideUses = [:]
            (writtenCount, waitingCount) = (0, 0)
            fresh = Set(inputs)
        }
        streams.formUnion(fresh)
        for input in inputs {
            if let uses = outsideUses[input.node] {
                outsideUses[input.node] = uses - 1
                if uses == 1 { writtenCount -= 1 }
                let later = laterUses[input.node]! - 1
                laterUses[input.node] = later
                if later == 0 { waitingCount -= 1 }
            }
        }
        part.append(member)
        outsideUses[member] = useCounts[member]
        writtenCount += 1
        if laterUses[member, default: 0] > 0 { waitingCount += 1 }
    }
}
