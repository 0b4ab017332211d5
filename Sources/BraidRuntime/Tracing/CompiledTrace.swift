import BraidCore
import BraidGraph
import BraidOperators

/// A traced graph, compiled, and how to call it.
final class CompiledTrace: Sendable {
    private let traced: TracedGraph
    private let compiled: CompiledGraph

    init(_ traced: TracedGraph, _ options: HybridOptions) {
        self.traced = traced
        compiled = CompiledGraph(traced.graph, options: options.optimization)
    }

    /// Whether the trace would be the same now.
    var isValid: Bool { traced.isValid }

    /// What was traced, before optimisation.
    var graph: Graph { traced.graph }

    /// The results for `arguments`; parameters that the traced code changed are changed.
    func callAsFunction(_ arguments: [NDArray], _ ambient: Ambient) -> [NDArray] {
        // Reading a parameter makes it a leaf of the tapes that record.
        let inputs = traced.sources.map { $0.array(among: arguments) }
        let tapes =
            traced.rule == nil
            ? nil : ActiveTapes(in: ambient) { tape in inputs.contains { tape.isActive($0.body) } }
        let outputs = Scopes.with(.outside) { compiled.run(inputs) }

        let entryCount = traced.resultCount + traced.savedCount
        var results = Array(outputs[..<traced.resultCount])
        if let rule = traced.rule, let tapes, let innermost = tapes.innermost {
            // Bodies of their own, which know their tape: a result may be one of the inputs.
            let bodies = outputs[..<entryCount].map { output in
                ArrayBody(output.dtype, output.body.layout, output.storage, tape: innermost)
            }
            tapes.forEach {
                $0.record(
                    .custom(rule), needs: [.inputs, .outputs], inputs.map(\.body), bodies)
            }
            results = bodies[..<traced.resultCount].map { NDArray($0) }
        }
        var next = entryCount
        for parameter in traced.changedValues {
            Scopes.with(.outside) { parameter.wrappedValue = outputs[next] }
            next += 1
        }
        for parameter in traced.changedGradients {
            Scopes.with(.outside) { parameter.gradient = outputs[next] }
            next += 1
        }
        return results
    }
}
