public import BraidCore
import BraidOperators

/// The reverse pass: cotangents of `inputs`, as symbols, given the cotangents of `outputs`.
///
/// Reverse-mode differentiation over the graph (Griewank and Walther, "Evaluating Derivatives",
/// ch. 3): each node's rule is applied once, in reverse topological order, after all of its
/// cotangents were summed in that same order, so the sums never depend on anything but the graph.
/// The result is nil for an input that no output depends on.
package func gradients(
    of outputs: [Symbol], cotangents: [Symbol], at inputs: [Symbol]
) -> [Symbol?] {
    precondition(outputs.count == cotangents.count, "one cotangent per output")
    let order = TopologicalOrder(of: outputs)
    let nodes = order.nodes

    var isTarget = [Bool](repeating: false, count: nodes.count)
    for input in inputs {
        if let position = order.position(of: input.node) { isTarget[position] = true }
    }
    // A cotangent is only worth computing on a path to one of `inputs`.
    var isActive = isTarget
    for (position, node) in nodes.enumerated() where !isActive[position] && node.carriesGradient {
        isActive[position] = node.inputs.contains { isActive[order.position(of: $0.node)!] }
    }

    var sums = nodes.map { [Symbol?](repeating: nil, count: $0.types.count) }
    func add(_ cotangent: Symbol, to symbol: Symbol) {
        let position = order.position(of: symbol.node)!
        precondition(
            cotangent.type == symbol.type,
            "a cotangent of type \(cotangent.type) for a value of type \(symbol.type)")
        sums[position][symbol.index] =
            sums[position][symbol.index].map { sum in
                sum.withArithmetic { $0 + cotangent.cast(to: $0.dtype) }
            } ?? cotangent
    }
    for (output, cotangent) in zip(outputs, cotangents) { add(cotangent, to: output) }

    for position in nodes.indices.reversed() where isActive[position] {
        let node = nodes[position]
        let carriesOn = node.inputs.map { isActive[order.position(of: $0.node)!] }
        guard carriesOn.contains(true), sums[position].contains(where: { $0 != nil }) else {
            continue
        }
        let context = GradientContext(
            inputs: node.inputs, outputs: node.types.indices.map { Symbol(node, $0) },
            cotangents: sums[position])
        let flowing: [Symbol?]
        switch node.kind {
        case .variable, .randomKey, .captured: continue
        case .operation(let op): flowing = op.gradient(context)
        case .custom(let custom): flowing = custom.gradient(context)
        }
        precondition(flowing.count == node.inputs.count, "one cotangent per input")
        for (index, cotangent) in flowing.enumerated() where carriesOn[index] {
            if let cotangent { add(cotangent, to: node.inputs[index]) }
        }
    }
    return inputs.map { input in
        order.position(of: input.node).flatMap { sums[$0][input.index] }
    }
}

/// The gradients of `output` at `inputs`: symbols of their types, zeros where `output` does not depend
/// on one. An output of several elements stands for their sum. Being made of operators, the results
/// have gradients in turn.
///
/// ```swift
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
