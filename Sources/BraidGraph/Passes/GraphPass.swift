package import BraidCore

/// A function from graph to graph that keeps what the graph computes.
package protocol GraphPass: Sendable {
    /// What `--disable` and reports call the pass: lower case, words joined by `-`.
    static var name: String { get }
    /// Whether results keep their bits (exact) or only stay within the tolerance.
    static var isExact: Bool { get }
    /// The new graph: the same inputs in the same order, as many outputs of the same types.
    func run(on graph: Graph) -> PassResult
}

/// What a pass gives.
package struct PassResult: Sendable {
    /// The new graph.
    package let graph: Graph
    /// What was done, in words: `removed 3 nodes`.
    package let summary: String

    package init(graph: Graph, summary: String) {
        self.graph = graph
        self.summary = summary
    }
}

/// What one pass did.
public struct PassRecord: Hashable, Sendable {
    /// The pass's name.
    public let pass: String
    /// What was done, in words: `fused 12 nodes into 3`.
    public let summary: String
    /// The number of nodes before.
    public let nodesBefore: Int
    /// The number of nodes after.
    public let nodesAfter: Int
}

/// A number with a noun: `1 node`, `3 nodes`.
func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
