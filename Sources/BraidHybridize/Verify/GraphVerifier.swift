package import Braid

/// Compares the compiled graph of a model with its operators applied one by one; gradients come from
/// the reverse pass over the graph.
package struct GraphVerifier {
    private let model: Model
    private let seed: UInt64
    /// From the arguments and the model's arrays to the outputs.
    private let forward: Graph
    private let arguments: [NDArray]
    private let outputNames: [String]
    private let backward: Backward?
    /// Why there are no gradients.
    let gradientProblem: String?

    /// The graph with its reverse pass.
    private struct Backward {
        /// From the arguments and then the cotangents to the outputs and then the gradients.
        let graph: Graph
        let cotangents: [NDArray]
        let gradientNames: [String]
    }

    /// - Throws: `ArrayError` when no memory holds the arguments.
    package init(_ model: Model, seed: UInt64) throws {
        self.model = model
        self.seed = seed
        // Random keys become inputs, so that all ways of computing get the same.
        let graph = model.graph.withKeysAsInputs
        forward = graph
        outputNames = model.signature.outputs.map(\.name)
        let known = graph.inputs.map { model.parameter(graph.inputName($0)) }
        func arguments(_ random: [NDArray]) -> [NDArray] {
            var rest = random[...]
            return known.map { $0 ?? rest.removeFirst() }
        }
        let types = zip(graph.inputs, known).filter { $1 == nil }.map { graph.nodes[$0.0].types[0] }
        self.arguments = arguments(
            try NDArray.random(types, seed: seed) { graph.applied(to: arguments($0)) }.arrays)
        (backward, gradientProblem) = try Self.backward(of: graph, seed: seed &+ 1)
    }

    /// - Throws: the failure that outputs depend on; `ArrayError` where there is no memory for a call.
    package func verification(of subject: String) throws -> Verification {
        try validating { try checkedVerification(of: subject) }
    }

    private func checkedVerification(of subject: String) throws -> Verification {
        let expected = outcome(
            forward.applied(to: arguments),
            backward.map { $0.graph.applied(to: arguments + $0.cotangents) } ?? [])
        let rows = try Verification.Choice.all.map { choice in
            let graph = try CompiledGraph(checking: forward, options: choice.options)
            let gradients = try backward.map {
                try CompiledGraph(checking: $0.graph, options: choice.options)(
                    arguments + $0.cotangents)
            }
            return try outcome(graph(arguments), gradients ?? []).row(
                choice, against: expected, hasGradients: backward != nil)
        }
        return Verification(
            subject: subject, inputs: model.signature.inputs.map(\.type), seed: seed, rows: rows,
            gradientProblem: gradientProblem)
    }

    /// - Parameter backward: the outputs once more, and the gradients.
    private func outcome(_ outputs: [NDArray], _ backward: [NDArray]) -> Outcome {
        let gradients = backward.dropFirst(outputs.count)
        let again = backward.prefix(outputs.count)
        return Outcome(
            values: zip(outputNames, outputs).map { NamedArray(name: "'\($0)'", array: $1) }
                + zip(outputNames, again).map {
                    NamedArray(name: "'\($0)' beside gradients", array: $1)
                },
            gradients: zip(self.backward?.gradientNames ?? [], gradients).map {
                NamedArray(name: "the gradient at '\($0)'", array: $1)
            })
    }
}

extension Graph {
    fileprivate var withKeysAsInputs: Graph {
        var nodes = nodes
        for input in inputs where isRandomKey(input) {
            nodes[input] = Node(.input(name: inputName(input)), types: nodes[input].types)
        }
        return Graph(nodes: nodes, inputs: inputs, outputs: outputs)
    }
}

extension GraphVerifier {
    /// The graph with its reverse pass at all inputs, or why there is none.
    private static func backward(of graph: Graph, seed: UInt64) throws -> (Backward?, String?) {
        for node in graph.nodes {
            switch node.kind {
            case .constant: return (nil, "the graph has constants, as passes make them")
            case .operation(let op) where op is FusedPointwise:
                return (nil, "the graph has fused operators, as passes make them")
            default: continue
            }
        }
        let inputs = graph.inputs.map { node in
            let type = graph.nodes[node].types[0]
            return Symbol.variable(graph.inputName(node), type.dtype, type.shape)
        }
        let outputs = graph.symbols(over: inputs)
        let heads = outputs.filter(\.dtype.isComputedFloating)
        let cotangents = heads.map { Symbol.variable("cotangent", $0.dtype, $0.shape) }
        let targets = inputs.indices.filter { inputs[$0].dtype.isComputedFloating }
        let found = zip(
            targets,
            gradients(of: heads, cotangents: cotangents, at: targets.map { inputs[$0] })
        ).compactMap { target, symbol in symbol.map { (target, $0) } }
        if found.isEmpty { return (nil, "no output depends on an input in a differentiable way") }
        let names = graph.inputs.map(graph.inputName)
        let joined = Graph(
            computing: outputs + found.map(\.1), from: inputs + cotangents,
            names: names + cotangents.indices.map { "cotangent \($0)" })
        let values = try NDArray.random(cotangents.map(\.type), seed: seed)
        return (
            Backward(graph: joined, cotangents: values, gradientNames: found.map { names[$0.0] }),
            nil
        )
    }
}
