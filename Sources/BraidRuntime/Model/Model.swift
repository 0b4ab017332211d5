public import BraidCore
public import BraidGraph
import BraidPlatform

/// A graph with the arrays that belong to it: what is written to a model file, and what runs one.
///
/// ```swift
/// let model = try Model(contentsOfFile: "digits.braid")
/// let scores = try model(["image": images])["scores"]!
/// ```
/// The graph is compiled at the first call; after that, any number of threads may call the model at
/// once. Gradients flow through calls to their arguments, and inside `hybridize` a call becomes a part
/// of the traced code.
public final class Model: Sendable {
    /// What is computed.
    public let graph: Graph
    /// What a call takes and gives, and which arrays belong to the model.
    public let signature: ModelSignature
    /// How the graph is optimised.
    public let options: OptimizationOptions
    /// What else is said of the model, by key.
    public let metadata: [String: String]

    /// The parameters' arrays in the order of `signature.parameters`.
    let values: [NDArray]
    /// Where each of the graph's inputs comes from.
    private let sources: [Source]
    private let compiled = Locked<CompiledGraph?>(nil)

    private enum Source {
        case parameter(Int)
        case argument(Int)
    }

    /// A model whose graph takes some of its inputs from arrays of its own.
    /// - Parameters:
    ///   - graph: what is computed; its inputs have different names.
    ///   - parameters: arrays for inputs of these names; the other inputs are arguments of calls.
    ///   - outputs: the names of the graph's outputs; `output` for one, `output0`, `output1`, … for
    ///     several when nil.
    ///   - options: how the graph is optimised, here and after loading.
    ///   - metadata: what else a file should say, by key.
    /// - Throws: `ModelError` when the graph is not in order, a name occurs twice, a parameter is no
    ///   input of the graph or has another type, there are not as many names as outputs, the options
    ///   name a pass that there is not, or a key of the metadata begins with `braid.`.
    public init(
        graph: Graph, parameters: [(name: String, value: NDArray)], outputs: [String]? = nil,
        options: OptimizationOptions = OptimizationOptions(), metadata: [String: String] = [:]
    ) throws(ModelError) {
        do throws(GraphError) { try graph.verify() } catch {
            throw ModelError(.invalidGraph, "the graph is not in order: \(error)")
        }
        do throws(GraphError) {
            try graph.checkMemory(
                limit: min(MemoryPool.byteCountLimit, MemoryBudget.currentLimit))
        } catch { throw ModelError(.tooLarge, "\(error)") }
        do throws(UnknownPassError) { _ = try OptimizationPipeline(options) } catch {
            throw ModelError(.invalidOptions, "\(error)")
        }
        let reserved = metadata.keys.filter { $0.hasPrefix(Self.reservedPrefix) }.sorted()
        guard reserved.isEmpty else {
            throw ModelError(
                .unexpected,
                "keys of the metadata that begin with '\(Self.reservedPrefix)' belong to the format: "
                    + ModelError.list(reserved))
        }
        let outputNames = try ModelSignature.names(outputs, "output", count: graph.outputs.count)
        let inputs = graph.inputs.filter { !graph.isRandomKey($0) }.map {
            ModelSignature.Entry(graph.inputName($0), graph.nodes[$0].types[0])
        }
        try ModelError.check(different: inputs.map(\.name), "inputs")
        try ModelError.check(different: outputNames, "outputs")
        try ModelError.check(different: parameters.map(\.name), "parameters")

        let positions = Dictionary(
            uniqueKeysWithValues: parameters.enumerated().map { ($1.name, $0) })
        let known = Set(inputs.map(\.name))
        let strangers = parameters.map(\.name).filter { !known.contains($0) }
        guard strangers.isEmpty else {
            throw ModelError(
                .unexpected,
                "the graph has no inputs for the parameters \(ModelError.list(strangers)); its inputs "
                    + "are \(ModelError.list(inputs.map(\.name)))")
        }
        var arguments: [ModelSignature.Entry] = []
        var sources: [Source] = []
        for input in inputs {
            if let position = positions[input.name] {
                try input.check(parameters[position].value, "parameter")
                sources.append(.parameter(position))
            } else {
                sources.append(.argument(arguments.count))
                arguments.append(input)
            }
        }
        self.graph = graph
        self.sources = sources
        self.options = options
        self.metadata = metadata
        values = parameters.map(\.value)
        signature = ModelSignature(
            inputs: arguments,
            outputs: zip(outputNames, graph.outputs).map { .init($0, graph.type(of: $1)) },
            parameters: parameters.map { .init($0.name, $0.value.type) },
            randomKeys: graph.inputs.filter { graph.isRandomKey($0) }.map { graph.inputName($0) })
    }

    /// The array of a parameter; nil when none has the name.
    public func parameter(_ name: String) -> NDArray? {
        signature.parameters.firstIndex { $0.name == name }.map { values[$0] }
    }

    /// The graph, optimised and planned; compiled when it is first asked for.
    /// - Precondition: there is memory for its constants.
    public var compiledGraph: CompiledGraph {
        (try? compiledOrThrow()) ?? CompiledGraph(graph, options: options)
    }

    private func compiledOrThrow() throws(ArrayError) -> CompiledGraph {
        if let known = compiled.withLock({ $0 }) { return known }
        // Outside the lock, as operators may be the user's; of several the first is kept.
        let new = try CompiledGraph(compiling: graph, options: options)
        return compiled.withLock { compiled in
            compiled = compiled ?? new
            return compiled!
        }
    }
}

extension Model {
    /// The outputs for arrays in the order of `signature.inputs`; `outputs(for:)` throws where arrays come
    /// from outside.
    /// - Precondition: there is an array of the right type for each input. After a mistake inside
    ///   `validating` the outputs hold nothing.
    public func callAsFunction(_ arguments: [NDArray]) -> [NDArray] {
        if let invalid = signature.invalidOutputs(for: arguments, in: "model") { return invalid }
        return run(arguments)
    }

    /// The outputs for arrays in the order of `signature.inputs`.
    /// - Throws: `ModelError` when there is not an array for each input, or one has another type or is a value
    ///   of a trace that has ended; or saying that the call would need more memory than the machine has.
    public func outputs(for arguments: [NDArray]) throws(ModelError) -> [NDArray] {
        try signature.check(arguments)
        try checkMemory()
        return run(arguments)
    }

    /// The outputs by name for inputs by name.
    /// - Throws: `ModelError` naming all inputs that are missing, all that there are not, or one whose
    ///   type is another or that is a value of a trace that has ended; or saying that the call would need more memory than the machine has.
    public func callAsFunction(
        _ arguments: [String: NDArray]
    ) throws(ModelError) -> [String: NDArray] {
        let ordered = try signature.ordered(arguments)
        try checkMemory()
        return signature.named(run(ordered))
    }

    private func checkMemory() throws(ModelError) {
        let byteCount: Int
        do throws(ArrayError) { byteCount = try compiledOrThrow().plan.callByteCount } catch {
            throw ModelError(.tooLarge, error.message)
        }
        let limit = min(MemoryPool.byteCountLimit, MemoryBudget.currentLimit)
        guard byteCount <= limit else {
            throw ModelError(
                .tooLarge,
                "a call needs \(byteCount) bytes of memory beside its inputs; there are \(limit)")
        }
    }

    private func run(_ arguments: [NDArray]) -> [NDArray] {
        let inputs = sources.map { source in
            switch source {
            case .parameter(let position): values[position]
            case .argument(let position): arguments[position]
            }
        }
        // A part of what is traced or recorded, like any other code.
        let isPart = Scopes.current.map { $0.trace != nil || $0.tape != nil } ?? false
        return isPart ? graph.applied(to: inputs) : compiledGraph(inputs)
    }
}
