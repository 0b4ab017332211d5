public import BraidCore
import BraidOperators
import BraidPlatform

/// The reverse pass: cotangents of `inputs`, as symbols, given the cotangents of `outputs`; nil for an
/// input that no output depends on.
package func gradients(
    of outputs: [Symbol], cotangents: [Symbol], at inputs: [Symbol]
) -> [Symbol?] {
    gradientTerms(of: outputs, cotangents: cotangents, at: inputs).map(summed)
}

/// The reverse pass: the terms whose sums are the cotangents of `inputs`, in the order in which they
/// are to be summed.
///
/// Reverse-mode differentiation over the graph (Griewank and Walther, "Evaluating Derivatives",
/// ch. 3): each node's rule is applied once, in reverse topological order, after all of its
/// cotangents were summed in that same order, so the sums never depend on anything but the graph.
package func gradientTerms(
    of outputs: [Symbol], cotangents: [Symbol], at inputs: [Symbol]
) -> [[Symbol]] {
    invariant(outputs.count == cotangents.count, "one cotangent per output")
    // What gradients do not flow through is not looked behind: a tape does not record it, and the order
    // of sums is to be the same.
    let order = TopologicalOrder(of: outputs) { !$0.letsGradientsThrough }
    let nodes = order.nodes

    var isTarget = [Bool](repeating: false, count: nodes.count)
    for input in inputs {
        if let position = order.position(of: input.node) { isTarget[position] = true }
    }
    // A cotangent is only worth computing on a path to one of `inputs`.
    var isActive = isTarget
    for (position, node) in nodes.enumerated()
    where !isActive[position] && node.letsGradientsThrough {
        isActive[position] = node.inputs.contains { isActive[order.position(of: $0.node)!] }
    }

    var terms = nodes.map { [[Symbol]](repeating: [], count: $0.types.count) }
    func add(_ cotangent: Symbol, to symbol: Symbol) {
        guard cotangent.type == symbol.type else {
            return ArrayError(
                .shapeMismatch, in: "gradient",
                "a cotangent of type \(cotangent.type) for a value of type \(symbol.type): "
                    + symbol.expression
            ).report()
        }
        terms[order.position(of: symbol.node)!][symbol.index].append(cotangent)
    }
    for (output, cotangent) in zip(outputs, cotangents) { add(cotangent, to: output) }

    for position in nodes.indices.reversed()
    where isActive[position] && nodes[position].letsGradientsThrough {
        let node = nodes[position]
        let carriesOn = node.inputs.map { isActive[order.position(of: $0.node)!] }
        guard carriesOn.contains(true), terms[position].contains(where: { !$0.isEmpty }) else {
            continue
        }
        let sums = terms[position].map(summed)
        terms[position] = sums.map { $0.map { [$0] } ?? [] }
        let context = GradientContext(
            inputs: node.inputs, outputs: node.types.indices.map { Symbol(node, $0) },
            cotangents: sums)
        let flowing: [[Symbol]]
        switch node.kind {
        case .variable, .randomKey, .captured: flowing = []
        case .operation(let op): flowing = given(by: op, context).map { $0.map { [$0] } ?? [] }
        case .custom(let custom): flowing = custom.cotangents(context)
        }
        guard flowing.count == node.inputs.count else {
            ArrayError(
                .shapeMismatch, in: "gradient",
                "a rule gives \(flowing.count) cotangents for \(node.inputs.count) inputs: "
                    + Symbol(node).expression
            ).report()
            continue
        }
        for (index, cotangents) in flowing.enumerated() where carriesOn[index] {
            for cotangent in cotangents { add(cotangent, to: node.inputs[index]) }
        }
    }
    return inputs.map { input in
        order.position(of: input.node).map { terms[$0][input.index] } ?? []
    }
}

/// What an operator's rule gives, or, where it has a composition for a rule, the reverse pass over that.
private func given(by op: any Operator, _ context: GradientContext) -> [Symbol?] {
    guard let op = op as? any DifferentiatedByExpansion else { return op.gradient(context) }
    // Cut off, so that nothing flows on into what the inputs were made of.
    let inputs = context.inputs.map { Symbol.apply(StopGradient(), $0) }
    let flowing = zip(op.expansion(inputs), context.cotangents)
        .compactMap { output, cotangent in cotangent.map { (output, $0) } }
    return gradients(of: flowing.map(\.0), cotangents: flowing.map(\.1), at: inputs)
}

extension Node {
    /// Whether cotangents may flow from the values to the inputs.
    fileprivate var letsGradientsThrough: Bool {
        guard carriesGradient else { return false }
        return switch kind {
        case .operation(let op): !type(of: op).traits.contains(.notDifferentiable)
        case .custom: true
        case .variable, .randomKey, .captured: false
        }
    }
}

/// The sum, term by term from the first; nil of no terms.
private func summed(_ terms: [Symbol]) -> Symbol? {
    guard let first = terms.first else { return nil }
    return terms.dropFirst().reduce(first) { sum, term in
        sum.withArithmetic { $0 + term.cast(to: $0.dtype) }
    }
}

/// The gradients of `output` at `inputs`: symbols of their types, zeros where `output` does not depend
/// on one. An output of several elements stands for their sum. Being made of operators, the results
/// have gradients in turn.
///
/// ```swift
/// let (weight, bias) = (Symbol.variable("weight", .f32, [3]), Symbol.variable("bias", .f32, [3]))
/// let loss = (weight * 2 + bias).square().sum()
/// let slopes = gradients(of: loss, at: [weight, bias])
/// let graph = try Graph(outputs: [weight - slopes[0] * 0.1, bias - slopes[1] * 0.1])
/// ```
/// - Precondition: all are f32 or f64.
public func gradients(of output: Symbol, at inputs: [Symbol]) -> [Symbol] {
    for symbol in [output] + inputs where !symbol.dtype.isComputedFloating {
        ArrayError(
            .unsupportedType, in: "gradient",
            "takes f32 or f64, not \(symbol.type) (\(symbol.expression))"
        ).report()
        return inputs
    }
    let found = gradients(
        of: [output], cotangents: [.ones(output.shape, dtype: output.dtype)], at: inputs)
    return zip(found, inputs).map { $0 ?? .zeros($1.shape, dtype: $1.dtype) }
}

/// The gradient of `output` at one symbol; see `gradients(of:at:)`.
/// - Precondition: both are f32 or f64.
public func gradient(of output: Symbol, at input: Symbol) -> Symbol {
    gradients(of: output, at: [input])[0]
}
