public import BraidCore
import BraidGraph

/// Symbols as a function on arrays: compiled, with parameters that calls read and update.
///
/// ```swift
/// let x = Symbol.variable("x", .f32, [16, 4])
/// let w = Symbol.variable("weight", .f32, [4])
/// let loss = (x * w).square().mean()
///
/// let weight = Parameter([4], initializer: .ones)
/// let step = try SymbolicFunction(
///     ["loss": loss], parameters: ["weight": weight],
///     updates: ["weight": w - gradient(of: loss, at: w) * 0.1])
/// let value = try step(["x": samples])["loss"]!
/// ```
/// Every call reads the parameters as they are, draws the keys of random operators anew, and assigns
/// the updates once, all at the end: every symbol sees the old values. Gradients flow through calls
/// inside `Autograd.record`, and inside `hybridize` a call becomes a part of the traced code. Any number
/// of tasks may call at once.
public final class SymbolicFunction: Sendable {
    /// What is computed: the outputs, then the new values of the updated parameters.
    public let graph: Graph
    /// What a call takes and gives, and the parameters.
    public let signature: ModelSignature
    private let function: HybridFunction<[NDArray], [NDArray]>

    /// A function of the variables that are no parameters.
    /// - Parameters:
    ///   - outputs: what calls return, by name.
    ///   - parameters: the parameters that stand for the variables of these names.
    ///   - updates: what parameters are assigned at each call, by the parameters' names.
    /// - Throws: `ModelError` when the symbols make no graph (`Graph.init(outputs:)`), when a name or a
    ///   parameter occurs twice, a parameter is neither read nor updated or has another type than what
    ///   it stands for, or an update names no parameter.
    public init(
        _ outputs: KeyValuePairs<String, Symbol>,
        parameters: KeyValuePairs<String, Parameter> = [:],
        updates: KeyValuePairs<String, Symbol> = [:], options: HybridOptions = HybridOptions()
    ) throws(ModelError) {
        let graph: Graph
        do throws(GraphError) {
            graph = try Graph(outputs: outputs.map(\.value) + updates.map(\.value))
        } catch {
            throw ModelError(.invalidGraph, "\(error)")
        }
        try ModelError.check(different: outputs.map(\.key), "outputs")
        try ModelError.check(different: parameters.map(\.key), "parameters")
        try ModelError.check(different: updates.map(\.key), "updates")

        let inputs = graph.inputs.filter { !graph.isRandomKey($0) }.map {
            ModelSignature.Entry(graph.inputName($0), graph.nodes[$0].types[0])
        }
        let updated = updates.map { ModelSignature.Entry($0.key, $0.value.type) }
        let entries = try Self.entries(of: parameters, reading: inputs, updating: updated)
        for (entry, (_, parameter)) in zip(entries, parameters) {
            parameter.resolve(entry.type.shape, for: entry.name)
        }
        let table = Dictionary(uniqueKeysWithValues: parameters.map { ($0.key, $0.value) })
        let arguments = inputs.filter { table[$0.name] == nil }
        self.graph = graph
        signature = ModelSignature(
            inputs: arguments, outputs: outputs.map { .init($0.key, $0.value.type) },
            parameters: entries,
            randomKeys: graph.inputs.filter { graph.isRandomKey($0) }.map { graph.inputName($0) })

        let sources = inputs.map { table[$0.name] }
        let targets = updated.map { table[$0.name]! }
        function = HybridFunction(options: options) { arguments in
            var next = arguments.makeIterator()
            let results = graph.applied(to: sources.map { $0?.wrappedValue ?? next.next()! })
            let resultCount = results.count - targets.count
            for (target, value) in zip(targets, results[resultCount...]) {
                target.wrappedValue = value
            }
            return Array(results[..<resultCount])
        }
    }

    /// The parameters with their types, which are those of what they stand for.
    /// - Throws: `ModelError` for what does not fit together.
    private static func entries(
        of parameters: KeyValuePairs<String, Parameter>, reading inputs: [ModelSignature.Entry],
        updating updated: [ModelSignature.Entry]
    ) throws(ModelError) -> [ModelSignature.Entry] {
        var entries: [ModelSignature.Entry] = []
        var namesByParameter: [ObjectIdentifier: String] = [:]
        let usesByName = Dictionary(grouping: inputs + updated, by: \.name)
        for (name, parameter) in parameters {
            if let other = namesByParameter.updateValue(name, forKey: ObjectIdentifier(parameter)) {
                throw ModelError(.duplicateName, "'\(other)' and '\(name)' are the same parameter")
            }
            let uses = usesByName[name] ?? []
            guard let first = uses.first else {
                throw ModelError(
                    .unexpected,
                    "the parameter '\(name)' is neither a variable nor updated; the variables are "
                        + ModelError.list(inputs.map(\.name)))
            }
            let entry = ModelSignature.Entry(
                name, TensorType(parameter.dtype, parameter.shape ?? first.type.shape))
            if let other = uses.first(where: { $0.type != entry.type }) {
                throw ModelError(
                    .typeMismatch,
                    "the parameter '\(name)' is \(entry.type), but its symbol is \(other.type)")
            }
            entries.append(entry)
        }
        let names = Set(parameters.map(\.key))
        let strangers = updated.map(\.name).filter { !names.contains($0) }
        guard strangers.isEmpty else {
            throw ModelError(
                .missing, "there are updates, but no parameters \(ModelError.list(strangers))")
        }
        return entries
    }

    /// The outputs for arrays in the order of `signature.inputs`.
    /// - Precondition: there is an array of the right type for each input.
    public func callAsFunction(_ arguments: [NDArray]) -> [NDArray] {
        if let invalid = signature.invalidOutputs(for: arguments, in: "symbolic function") {
            return invalid
        }
        return function(arguments)
    }

    /// The outputs by name for inputs by name.
    /// - Throws: `ModelError` naming all inputs that are missing, all that there are not, or one whose
    ///   type is another or that is a value of a trace that has ended.
    public func callAsFunction(
        _ arguments: [String: NDArray]
    ) throws(ModelError) -> [String: NDArray] {
        signature.named(function(try signature.ordered(arguments)))
    }
}
