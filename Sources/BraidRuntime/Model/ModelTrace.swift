import BraidCore
import BraidGraph
import BraidOperators

/// A function that was traced to become a model.
struct ModelTrace {
    /// What is traced, and how.
    struct Request {
        /// The types of the function's arguments.
        let inputs: [TensorType]
        /// The parameters whose names are known.
        let parameters: [(name: String, parameter: Parameter)]
        let mode: Mode
        let inputNames: [String]?
        let outputNames: [String]?
        /// Whether the gradients of parameters are computed, too.
        let wantsGradients: Bool
    }

    let graph: Graph
    let parameters: [(name: String, value: NDArray)]
    let outputNames: [String]

    /// Traces `body`.
    /// - Throws: the `ArrayError` of a mistake in `body`, or of a parameter that no memory holds;
    ///   `ModelError` when there are not as many names as inputs or outputs, or `body` changes parameters
    ///   or reads gradients.
    init(_ request: Request, _ body: ([NDArray]) -> [NDArray]) throws {
        var forward = Forward()
        let traced: TracedGraph
        do throws(TracedGraph.Mistake) {
            traced = try TracedGraph(
                TraceSignature(request.inputs, mode: request.mode, isRecording: false),
                // A model has no state: running averages stay what they are.
                Ambient.unrecorded.changing {
                    $0.mode = request.mode
                    $0.errors = ErrorSink()
                    $0.averages = AverageMoves()
                }
            ) { arguments in
                if request.wantsGradients {
                    return Self.results(of: body, arguments, request, &forward)
                }
                let results = body(arguments)
                forward.resultCount = results.count
                return results
            }
        } catch {
            throw error.error
        }

        let names = ParameterNames(request.parameters, sources: traced.sources)
        if let parameter = (traced.changedValues + traced.changedGradients).first {
            throw ModelError(
                .sideEffect,
                "the traced code changes \(names.described(parameter)); a model computes outputs from "
                    + "inputs and changes nothing")
        }
        let inputNames =
            try ModelSignature.names(request.inputNames, "input", count: request.inputs.count)
            + forward.cotangentNames
        var keyNames = try ModelSignature.names(
            nil, "key", count: traced.sources.count { $0.isKey }
        ).makeIterator()
        var nodes = traced.graph.nodes
        var values: [ObjectIdentifier: NDArray] = [:]
        var captured: [(name: String, value: NDArray)] = []
        for (source, position) in zip(traced.sources, traced.graph.inputs) {
            let name: String
            switch source.kind {
            case .argument(let argument): name = inputNames[argument]
            case .key: name = keyNames.next()!
            case .parameter(let parameter):
                name = names[parameter]
                // First values are made here, which may be more than memory holds.
                let value = try Scopes.with(.unrecorded) {
                    try validating { parameter.wrappedValue }
                }
                if names.isDeclared(parameter) {
                    values[ObjectIdentifier(parameter)] = value
                } else {
                    captured.append((name, value))
                }
            case .array(let array):
                name = names[source]
                captured.append((name, Scopes.with(.unrecorded) { array.detached() }))
            case .gradient(let parameter):
                throw ModelError(
                    .sideEffect,
                    "the traced code reads the gradient of \(names.described(parameter)), which no "
                        + "model has")
            }
            nodes[position] = Graph.Node(
                .input(name: name, isRandomKey: source.isKey), types: nodes[position].types)
        }
        graph = Graph(nodes: nodes, inputs: traced.graph.inputs, outputs: traced.graph.outputs)
        parameters =
            request.parameters.compactMap { name, parameter in
                values[ObjectIdentifier(parameter)].map { (name, $0) }
            } + captured
        outputNames =
            try ModelSignature.names(request.outputNames, "output", count: forward.resultCount)
            + forward.leaves.map { "gradient.\(names[$0])" }
    }

    /// What is known of the forward half once it was traced.
    private struct Forward {
        var resultCount = 0
        var cotangentNames: [String] = []
        /// The parameters whose gradients follow the results.
        var leaves: [Parameter] = []
    }

    /// The results of `body`, then the gradients of the parameters that it reads. The cotangents are
    /// arguments of the trace, after those of `body`.
    private static func results(
        of body: ([NDArray]) -> [NDArray], _ arguments: [NDArray], _ request: Request,
        _ forward: inout Forward
    ) -> [NDArray] {
        let results = Autograd.record(mode: request.mode) { body(arguments) }
        forward.resultCount = results.count
        guard let now = Scopes.current, let trace = now.trace.map(Trace.of),
            now.errors?.error == nil
        else { return results }
        let reached = results.indices.filter { results[$0].dtype.isFloating }
        var cotangents: [Symbol] = []
        for position in reached {
            let argument = trace.argument(
                arguments.count + cotangents.count, results[position].type)
            cotangents.append(trace.symbol(argument))
            forward.cotangentNames.append(
                results.count == 1 ? "cotangent" : "cotangent\(position)")
        }
        let sources = trace.sources
        func leaf(_ symbol: Symbol) -> (parameter: Parameter, symbol: Symbol)? {
            guard case .parameter(let parameter) = symbol.source.kind,
                parameter.dtype.isFloating, parameter.gradientMode != .none
            else { return nil }
            return (parameter, symbol)
        }
        let read = sources.compactMap(leaf)
        let names = ParameterNames(request.parameters, sources: sources.map(\.source))
        // In the order of declaration, whatever the order of use.
        let byName = Dictionary(
            read.map { (ObjectIdentifier($0.parameter), $0) },
            uniquingKeysWith: { first, _ in first })
        let leaves =
            request.parameters.compactMap { byName[ObjectIdentifier($0.parameter)] }
            + read.filter { !names.isDeclared($0.parameter) }
        forward.leaves = leaves.map(\.parameter)
        let found = gradients(
            of: reached.map { trace.symbol(results[$0]) }, cotangents: cotangents,
            at: leaves.map(\.symbol))
        return results
            + zip(leaves, found).map { leaf, gradient in
                trace.array(gradient ?? .zeros(leaf.symbol.shape, dtype: leaf.symbol.dtype))
            }
    }
}

/// Names for what a trace reads: those of declared parameters, and `captured.0`, `captured.1`, … for
/// other parameters and for arrays, in the order of first use.
private struct ParameterNames {
    private var names: [ObjectIdentifier: String] = [:]
    private let declared: Set<ObjectIdentifier>

    init(_ parameters: [(name: String, parameter: Parameter)], sources: [TraceSource]) {
        declared = Set(parameters.map { ObjectIdentifier($0.parameter) })
        for (name, parameter) in parameters { names[ObjectIdentifier(parameter)] = name }
        var count = 0
        for source in sources {
            let object: AnyObject
            switch source.kind {
            case .parameter(let parameter) where !isDeclared(parameter): object = parameter
            case .array: object = source
            default: continue
            }
            names[ObjectIdentifier(object)] = "captured.\(count)"
            count += 1
        }
    }

    /// The name of a parameter or of the source of a captured array.
    subscript(object: AnyObject) -> String { names[ObjectIdentifier(object)]! }

    func isDeclared(_ parameter: Parameter) -> Bool {
        declared.contains(ObjectIdentifier(parameter))
    }

    /// The parameter in messages, which may be about one that is only assigned.
    func described(_ parameter: Parameter) -> String {
        names[ObjectIdentifier(parameter)].map { "the parameter '\($0)'" }
            ?? "a parameter that it captured"
    }
}
