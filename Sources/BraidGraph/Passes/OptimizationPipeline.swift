public import BraidCore

/// The passes that make a traced graph faster and leaner, in the order in which they run.
public struct OptimizationPipeline: Sendable {
    /// All passes. Folding comes first, as it makes subexpressions equal; dead nodes go before fusion,
    /// for which a value that nobody takes would be one more output. The order is decided last.
    package static let allPasses: [any GraphPass] = [
        ConstantFolding(), CommonSubexpressions(), DeadNodes(), PointwiseFusion(),
        Scheduling(),
    ]

    /// The names of all passes, in the order in which they run.
    public static var passNames: [String] { allPasses.map { type(of: $0).name } }

    private let passes: [any GraphPass]
    private let verifies: Bool

    /// The passes that the options leave.
    /// - Throws: `UnknownPassError` when they name passes which there are not.
    public init(_ options: OptimizationOptions = OptimizationOptions()) throws(UnknownPassError) {
        let unknown = options.disabledPasses.subtracting(Self.passNames)
        guard unknown.isEmpty else {
            throw UnknownPassError(names: unknown.sorted(), known: Self.passNames)
        }
        self.init(Self.allPasses, options)
    }

    /// Those of the given passes that the options leave.
    package init(_ passes: [any GraphPass], _ options: OptimizationOptions) {
        self.passes = passes.filter { pass in
            !options.disabledPasses.contains(type(of: pass).name)
                && (type(of: pass).isExact || !options.isExact)
        }
        verifies = options.verifies
    }

    /// The optimised graph, and what each pass did.
    /// - Throws: `GraphError` when the graph is not in order, or, where graphs are verified after every
    ///   pass, what a pass made of it.
    public func run(on graph: Graph) throws(GraphError) -> (graph: Graph, records: [PassRecord]) {
        try run(onVerified: graph.verified())
    }

    /// The same for a graph that is known to be in order.
    package func run(
        onVerified graph: Graph
    ) throws(GraphError) -> (graph: Graph, records: [PassRecord]) {
        var graph = graph
        var records: [PassRecord] = []
        for pass in passes {
            let result = pass.run(on: graph)
            if verifies { try verify(result.graph, after: pass) }
            records.append(
                PassRecord(
                    pass: type(of: pass).name, summary: result.summary,
                    nodesBefore: graph.nodes.count, nodesAfter: result.graph.nodes.count))
            graph = result.graph
        }
        return (graph, records)
    }

    private func verify(_ graph: Graph, after pass: any GraphPass) throws(GraphError) {
        do throws(GraphError) {
            try graph.verify()
        } catch {
            throw GraphError(
                node: error.node, operation: "after \(type(of: pass).name): \(error.operation)",
                error.message)
        }
    }
}
