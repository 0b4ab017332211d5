import BraidCore

/// What has to be known before the inputs of a call that keep their values on failure may change: the
/// values that operators look at, and the inputs. A call changes all of them or none.
struct Guarding {
    /// The nodes in an order in which those that check values come before those that make new values of
    /// kept inputs, wherever they do not depend on them.
    let order: [Int]
    /// The nodes that check values for the others.
    private let checks: Set<Int>
    /// The inputs of the graph that updates depend on.
    private let inputs: [Int]
    private let updates: [ExecutionPlan.Update]

    init(_ graph: Graph, _ updates: [ExecutionPlan.Update]) {
        self.updates = updates
        let kept = updates.filter(\.keepsOnFailure)
        guard !kept.isEmpty else {
            order = Array(graph.nodes.indices)
            checks = []
            inputs = []
            return
        }
        var isNeeded = [Bool](repeating: false, count: graph.nodes.count)
        for update in updates { isNeeded[graph.outputs[update.output].node] = true }
        for node in graph.nodes.indices.reversed() where isNeeded[node] {
            for operand in graph.nodes[node].inputs { isNeeded[operand.node] = true }
        }
        var isLate = [Bool](repeating: false, count: graph.nodes.count)
        for update in kept { Self.markMaker(of: graph.outputs[update.output].node, graph, &isLate) }
        for (node, element) in graph.nodes.enumerated() where !isLate[node] {
            isLate[node] = element.inputs.contains { isLate[$0.node] }
        }
        let checks = graph.nodes.indices.filter { node in
            guard isNeeded[node], !isLate[node], case .operation(let op) = graph.nodes[node].kind
            else { return false }
            return type(of: op).traits.contains(.checksValues)
        }
        self.checks = Set(checks)
        inputs = graph.inputs.indices.filter { isNeeded[graph.inputs[$0]] }
        let last = checks.last ?? -1
        order =
            graph.nodes.indices.filter { $0 <= last && !isLate[$0] }
            + graph.nodes.indices.filter { $0 <= last && isLate[$0] }
            + graph.nodes.indices.filter { $0 > last }
    }

    /// Marks the node that computes a value, and the views between.
    private static func markMaker(of node: Int, _ graph: Graph, _ isLate: inout [Bool]) {
        var node = node
        while case .operation(let op) = graph.nodes[node].kind {
            isLate[node] = true
            guard type(of: op).traits.contains(.view) else { return }
            node = graph.nodes[node].inputs[0].node
        }
    }

    /// What guards steps: the checking steps, the guarded ones, and the inputs.
    struct Steps {
        var guards: [Int] = []
        var isGuarded: [Bool]
        /// The new values of inputs that keep their old ones.
        var keptBuffers: Set<Int> = []
        var inputs: [Int] = []
    }

    /// Orders the steps that make new values behind those that check.
    func order(_ lowering: inout Lowering) -> Steps {
        var steps = Steps(isGuarded: Array(repeating: false, count: lowering.steps.count))
        for update in updates where update.keepsOnFailure {
            if case .buffer(let buffer) = lowering.outputs[update.output].root {
                steps.isGuarded[lowering.buffers[buffer].producer] = true
                steps.keptBuffers.insert(buffer)
            }
        }
        guard let first = steps.isGuarded.firstIndex(of: true) else { return steps }
        steps.guards = lowering.steps.indices.filter { step in
            step < first && checks.contains(lowering.steps[step].node)
                && type(of: lowering.steps[step].op).traits.contains(.checksValues)
        }
        for step in lowering.steps.indices where steps.isGuarded[step] {
            lowering.order(steps.guards, before: step)
        }
        steps.inputs = inputs
        return steps
    }
}
