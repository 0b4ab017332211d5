package import BraidCore

/// A function from graph to graph that keeps what the graph computes.
package protocol GraphPass: Sendable {
    /// What `--disable` and reports call the pass: lower case, words joined by `-`.
    static var name: String { get }
    /// Whether results keep their bits (exact) or only stay within the tolerance.
    static var isExact: Bool { get }
    /// The new graph: the same inputs in the same order, as many outputs of the same types.
    func run(on graph: Graph) -> Graph
}

/// What one pass did.
public struct PassRecord: Hashable, Sendable {
    /// The pass's name.
    public let pass: String
    /// The number of nodes before.
    public let nodesBefore: Int
    /// The number of nodes after.
    public let nodesAfter: Int
}

/// Which passes run.
public struct OptimizationOptions: Hashable, Sendable {
    /// Names of passes that are left out.
    public var disabledPasses: Set<String>
    /// Whether passes that may change bits are left out.
    public var isExact: Bool
    /// Whether the graph is verified after every pass.
    public var verifies: Bool

    /// Options; by default every pass runs.
    public init(disabling passes: Set<String> = [], exact: Bool = false, verifying: Bool = false) {
        disabledPasses = passes
        isExact = exact
        verifies = verifying
    }
}
