public import BraidCore
import BraidGraph
import Synchronization

/// A graph with the arrays that belong to it: what is written to a model file, and what runs one.
///
/// ```swift
/// let model = try Model(contentsOfFile: "digits.braid")
/// let scores = try model(["image": images])["scores"]!
/// ```
/// The graph is compiled at the first call; after that, any number of threads may call the model at
/// once.
public final class Model: Sendable {
    /// What is computed.
    public let graph: Graph
    /// What a call takes and gives, and which arrays belong to the model.
    public let signature: ModelSignature

    /// The parameters' arrays in the order of `signature.parameters`.
    let values: [NDArray]
    /// Where each of the graph's inputs comes from.
    private let sources: [Source]
    private let compiled = Mutex<CompiledGraph?>(nil)

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
    /// - Throws: `ModelError` when the graph is not in order, a name occurs twice, a parameter is no
    ///   input of the graph or has another type, or there are not as many names as outputs.
    public init(
        graph: Graph, parameters: [(name: String, value: NDArray)], outputs: [String]? = nil
    ) throws(ModelError) {
        do throws(GraphError) { try graph.verify() } catch {
            throw ModelError(.invalidGraph, "the graph is not in order: \(error)")
        }
        do throws(GraphError) {
            try graph.checkMemory(limit: MemoryPool.byteCountLimit)
        } catch { throw ModelError(.invalidGraph, "the graph cannot run: \(error)") }
        let count = graph.outputs.count
        let outputNames =
            outputs ?? (count == 1 ? ["output"] : (0..<count).map { "output\($0)" })
        guard outputNames.count == count else {
            throw ModelError(
                .invalidGraph, "the graph has \(count) outputs, but \(outputNames.count) names")
        }
        let inputs = graph.inputs.map {
            ModelSignature.Entry(graph.inputName($0), graph.nodes[$0].types[0])
        }
        try Self.checkDifferent(inputs.map(\.name), "inputs")
        try Self.checkDifferent(outputNames, "outputs")
        try Self.checkDifferent(parameters.map(\.name), "parameters")

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
                try Self.check(parameters[position].value, input, "parameter")
                sources.append(.parameter(position))
            } else {
                sources.append(.argument(arguments.count))
                arguments.append(input)
            }
        }
        self.graph = graph
        self.sources = sources
        values = parameters.map(\.value)
        signature = ModelSignature(
            inputs: arguments,
            outputs: zip(outputNames, graph.outputs).map { .init($0, graph.type(of: $1)) },
            parameters: parameters.map { .init($0.name, $0.value.type) })
    }

    /// The array of a parameter; nil when none has the name.
    public func parameter(_ name: String) -> NDArray? {
        signature.parameters.firstIndex { $0.name == name }.map { values[$0] }
    }

    /// The graph, optimised and planned; compiled when it is first asked for.
    public var compiledGraph: CompiledGraph {
        compiled.withLock { compiled in
            if let compiled { return compiled }
            let new = CompiledGraph(graph)
            compiled = new
            return new
        }
    }
}

extension Model {
    /// The outputs for arrays in the order of `signature.inputs`.
    /// - Precondition: there is an array of the right type for each input.
    public func callAsFunction(_ arguments: [NDArray]) -> [NDArray] {
        guard arguments.count == signature.inputs.count else {
            ArrayError(
                .shapeMismatch, in: "model",
                "takes \(signature.inputs.count) arrays, not \(arguments.count)"
            ).trap()
        }
        for (input, argument) in zip(signature.inputs, arguments) {
            do throws(ModelError) { try Self.check(argument, input, "input") } catch {
                ArrayError(.shapeMismatch, in: "model", error.message).trap()
            }
        }
        return run(arguments)
    }

    /// The outputs by name for inputs by name.
    /// - Throws: `ModelError` naming all inputs that are missing, all that there are not, or one whose
    ///   type is another.
    public func callAsFunction(
        _ arguments: [String: NDArray]
    ) throws(ModelError) -> [String: NDArray] {
        let names = signature.inputs.map(\.name)
        let missing = names.filter { arguments[$0] == nil }
        guard missing.isEmpty else {
            throw ModelError(.missing, "the inputs \(ModelError.list(missing)) are missing")
        }
        let unexpected = arguments.keys.filter { !names.contains($0) }.sorted()
        guard unexpected.isEmpty else {
            throw ModelError(
                .unexpected,
                "there are no inputs \(ModelError.list(unexpected)); the model takes "
                    + ModelError.list(names))
        }
        var ordered: [NDArray] = []
        for input in signature.inputs {
            let argument = arguments[input.name]!
            try Self.check(argument, input, "input")
            ordered.append(argument)
        }
        return Dictionary(uniqueKeysWithValues: zip(signature.outputs.map(\.name), run(ordered)))
    }

    private func run(_ arguments: [NDArray]) -> [NDArray] {
        compiledGraph(
            sources.map { source in
                switch source {
                case .parameter(let position): values[position]
                case .argument(let position): arguments[position]
                }
            })
    }

    private static func check(
        _ array: NDArray, _ entry: ModelSignature.Entry, _ kind: String
    ) throws(ModelError) {
        if array.type == entry.type { return }
        throw ModelError(
            .typeMismatch, "the \(kind) '\(entry.name)' is \(entry.type), not \(array.type)")
    }

    private static func checkDifferent(_ names: [String], _ kind: String) throws(ModelError) {
        var seen: Set<String> = []
        let repeated = names.filter { !seen.insert($0).inserted }
        if repeated.isEmpty { return }
        throw ModelError(
            .duplicateName, "\(kind) share the names \(ModelError.list(Set(repeated).sorted()))")
    }
}
