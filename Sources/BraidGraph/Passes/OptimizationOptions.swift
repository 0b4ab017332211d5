/// Which passes run.
public struct OptimizationOptions: Hashable, Sendable {
    /// Names of passes that are left out.
    public var disabledPasses: Set<String>
    /// Whether passes that may change bits are left out.
    public var isExact: Bool
    /// Whether the graph is verified after every pass, and not only before the first.
    public var verifies: Bool

    /// Options; by default every pass runs.
    public init(disabling passes: Set<String> = [], exact: Bool = false, verifying: Bool = false) {
        disabledPasses = passes
        isExact = exact
        verifies = verifying
    }
}

/// Options that name passes which there are not.
public struct UnknownPassError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The unknown names, in order.
    public let names: [String]
    /// The names of all passes, in the order in which they run.
    public let known: [String]

    /// As `no pass is called 'fusion'; the passes are dead-nodes, pointwise-fusion`.
    public var description: String {
        let quoted = names.map { "'\($0)'" }.joined(separator: ", ")
        return "no pass is called \(quoted); the passes are \(known.joined(separator: ", "))"
    }
}
