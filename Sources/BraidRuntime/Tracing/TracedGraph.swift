import BraidCore
import BraidGraph
import BraidOperators
import BraidPlatform

/// What a trace came to: a graph, where its inputs come from, and what becomes of its outputs.
struct TracedGraph: Sendable {
    /// Where the inputs of the graph come from.
    let sources: [TraceSource]
    /// From the inputs to: the results, what gradient rules read, new values, new gradients.
    let graph: Graph
    let resultCount: Int
    /// Outputs after the results that gradient rules read.
    let savedCount: Int
    /// The parameters whose values the outputs after those replace.
    let changedValues: [Parameter]
    /// The parameters whose gradients the last outputs replace.
    let changedGradients: [Parameter]
    /// The parameters that have no gradient after a call.
    let clearedGradients: [Parameter]
    private let conditions: TraceConditions
    /// Whether gradients are new after a call.
    let news: [(parameter: Parameter, element: GradientNews)]
    /// How gradients flow back through the call; nil when nothing was recorded.
    let rule: CallGradient?

    /// A mistake in traced code that `validating` collects.
    struct Mistake: Error {
        let error: ArrayError
        /// Of the results, as far as they could be told.
        let types: [TensorType]

        /// What stands for the results.
        var results: [NDArray] { types.map { .invalid(error, like: $0) } }
    }

    /// Traces `body` on arguments of the given types.
    /// - Throws: `Mistake` after a mistake that `validating` collects.
    init(
        _ signature: TraceSignature, _ ambient: Ambient, _ body: ([NDArray]) -> [NDArray]
    ) throws(Mistake) {
        let tape = signature.isRecording ? Tape(parent: nil, recordsParameters: true) : nil
        let trace = Trace(recorder: tape)
        defer { trace.close() }
        let scope = ambient.changing {
            $0.tape = tape
            $0.trace = trace
        }
        let results = Scopes.with(scope) { () -> [Symbol] in
            let arguments = signature.arguments.enumerated().map { trace.argument($0, $1) }
            return body(arguments).map(trace.symbol)
        }
        if let error = ambient.errors?.error {
            throw Mistake(error: error, types: results.map(\.type))
        }

        let values = trace.changedValues
        let gradients = trace.changedGradients.compactMap { parameter, gradient in
            gradient.map { (parameter: parameter, element: $0) }
        }
        let inputs = trace.sources
        let saved = signature.isRecording ? Self.saved(for: results, from: inputs) : []
        let outputs =
            results + saved + (values + gradients).map { trace.symbol($0.element) }
        sources = inputs.map(\.source)
        graph = Graph(
            computing: outputs, from: inputs,
            names: inputs.enumerated().map { $1.source.name(at: $0) })
        resultCount = results.count
        savedCount = saved.count
        changedValues = values.map(\.parameter)
        changedGradients = gradients.map(\.parameter)
        clearedGradients = trace.changedGradients.filter { $0.element == nil }.map(\.parameter)
        conditions = trace.conditions
        news = trace.changedNews
        rule = signature.isRecording ? CallGradient(inputs: inputs, outputs: results + saved) : nil
    }

    /// The types of the results.
    var resultTypes: [TensorType] { graph.outputs[..<resultCount].map { graph.type(of: $0) } }

    /// Whether the trace would be the same now.
    ///
    /// The types of parameters never change, so that they need no look.
    var isValid: Bool { conditions.hold }

    /// The forward values, neither inputs nor results, that gradient rules read.
    private static func saved(for results: [Symbol], from inputs: [Symbol]) -> [Symbol] {
        let forward = TopologicalOrder(of: results)
        let cotangents = results.map { Symbol.variable("cotangent", $0.dtype, $0.shape) }
        let wanted = inputs.filter { $0.dtype.isComputedFloating }
        let found = gradients(of: results, cotangents: cotangents, at: wanted).compactMap(\.self)
        let backward = TopologicalOrder(of: found) { forward.position(of: $0) != nil }
        var known = Set((inputs + results).map(\.name))
        var saved: [Symbol] = []
        for node in backward.nodes where forward.position(of: node) == nil {
            for read in node.inputs where forward.position(of: read.node) != nil {
                if known.insert(read.name).inserted { saved.append(read) }
            }
        }
        return saved
    }
}

extension Symbol {
    /// Where a source of a trace comes from.
    /// - Precondition: the symbol is one.
    var source: TraceSource {
        switch node.kind {
        case .captured(let source): unsafeDowncast(source, to: TraceSource.self)
        case .randomKey: TraceSource(.key)
        default: brokenInvariant("\(origin) is no source of a trace")
        }
    }
}
