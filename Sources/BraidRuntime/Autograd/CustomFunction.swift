import BraidCore
import BraidOperators

/// The backward half of a custom differentiable function.
///
/// - Parameters: the inputs and outputs of the forward half, and the cotangent of each output.
/// - Returns: the cotangent of each input; nil for an input through which nothing flows.
public typealias CustomBackward =
    @Sendable (_ inputs: [NDArray], _ outputs: [NDArray], _ cotangents: [NDArray]) -> [NDArray?]

extension Autograd {
    /// Applies `forward` to `inputs`, and lets gradients flow by `backward` instead of through what
    /// `forward` did. Works in gradients of any order when `backward` computes with arrays only.
    ///
    /// ```swift
    /// let y = Autograd.custom([x]) { [$0[0].sign()] } backward: { _, _, dy in [dy[0]] }
    /// ```
    public static func custom(
        _ inputs: [NDArray], forward: ([NDArray]) throws -> [NDArray],
        backward: @escaping CustomBackward
    ) rethrows -> [NDArray] {
        let now = Scopes.current ?? .outside
        if let trace = now.trace.map(Trace.of) {
            let outputs = try forward(inputs).map(trace.symbol)
            // As a node: the inputs for the backward half, then the outputs that it passes on.
            let rule = TracedBackward(inputCount: inputs.count, backward: backward)
            let node = Node(
                .custom(rule), inputs: inputs.map(trace.symbol) + outputs,
                types: outputs.map(\.type), carriesGradient: now.tape != nil)
            let tape = Tape.innermost(in: now)
            return outputs.indices.map { trace.array(Symbol(node, $0), tape: tape) }
        }
        let values = try pause { try forward(inputs.map { $0.detached() }) }.map {
            $0.withElements()
        }
        let tapes = ActiveTapes(in: now) { tape in inputs.contains { tape.isActive($0.body) } }
        // Bodies of their own: a result may be one of the inputs.
        let outputs = values.map { value in
            ArrayBody(value.dtype, value.body.layout, value.storage, tape: tapes.innermost)
        }
        tapes.forEach { tape in
            tape.record(
                .custom(TracedBackward(inputCount: inputs.count, backward: backward)),
                needs: [.inputs, .outputs],
                inputs.map(\.body), outputs)
        }
        return outputs.map { NDArray($0) }
    }
}

/// Builds the symbols of a custom backward half by tracing it.
struct TracedBackward: CustomGradient {
    let inputCount: Int
    let backward: CustomBackward

    func cotangents(_ context: GradientContext) -> [[Symbol]] {
        Trace.rule { trace in
            let cotangents = zip(context.cotangents, context.outputs).map { cotangent, output in
                cotangent ?? .full(output.shape, 0, dtype: output.dtype)
            }
            func arrays(_ symbols: [Symbol]) -> [NDArray] {
                symbols.map { trace.array($0) }
            }
            let inputs = Array(context.inputs.prefix(inputCount))
            let found = backward(arrays(inputs), arrays(context.outputs), arrays(cotangents))
            // Behind the inputs stand outputs that are passed on; nothing flows there.
            var terms = [[Symbol]](repeating: [], count: context.inputs.count)
            guard
                ArrayError.check(
                    found.count == inputCount, in: "custom function",
                    "the backward half returned \(found.count) cotangents for \(inputCount) inputs")
            else { return terms }
            for (index, cotangent) in found.enumerated() {
                guard let cotangent else { continue }
                let type = inputs[index].type
                guard
                    ArrayError.check(
                        cotangent.type == type, in: "custom function",
                        "the backward half returned a cotangent \(cotangent.type) for input \(index), "
                            + "which is \(type)")
                else { return terms }
                terms[index] = [trace.symbol(cotangent)]
            }
            return terms
        }
    }
}
