import BraidCore
import BraidGraph
import BraidOperators

/// The gradient of `function` at `x`: the cotangent of `x` for a cotangent of ones, so that a result
/// with several elements stands for its sum. Gradients of gradients work to any order.
///
/// ```swift
/// let slope = gradient(at: x) { ($0 * $0).sum() }                    // 2 x
/// let curvature = gradient(at: x) { gradient(at: $0) { ($0 * $0 * $0).sum() } }   // 6 x
/// ```
public func gradient(
    at x: NDArray, of function: (NDArray) throws -> NDArray
) rethrows -> NDArray {
    try valueWithGradient(at: [x]) { try function($0[0]) }.gradients[0]
}

/// The gradients of `function` at several arrays.
public func gradient(
    at inputs: [NDArray], of function: ([NDArray]) throws -> NDArray
) rethrows -> [NDArray] {
    try valueWithGradient(at: inputs, of: function).gradients
}

/// The value of `function` and its gradients at several arrays. An array that the value does not
/// depend on gets zeros.
public func valueWithGradient(
    at inputs: [NDArray], of function: ([NDArray]) throws -> NDArray
) rethrows -> (value: NDArray, gradients: [NDArray]) {
    let now = Scopes.current ?? .outside
    if let trace = now.trace {
        return try tracedGradient(Trace.of(trace), inputs, function)
    }
    // Values of their own, so that another use of the same array inside `function` is a constant;
    // an enclosing tape sees them come from `inputs`.
    let arguments = inputs.map { $0.reshaped(to: $0.shape.extents) }
    let tape = Tape(
        parent: now.tape.map { unsafeDowncast($0, to: Tape.self) }, recordsParameters: false)
    for argument in arguments { tape.watch(argument.body) }
    let value = try Scopes.changing {
        $0.tape = tape
        $0.trace = nil
    } _: {
        try function(arguments)
    }

    guard let contents = tape.take(retaining: false), let output = contents.slot(of: value.body),
        contents.values[output].isActive
    else {
        return (value, inputs.map { .zeros($0.shape, dtype: $0.dtype) })
    }
    let slots = arguments.map { contents.slot(of: $0.body)! }
    let found = contents.gradients(of: output, seed: nil, at: slots)
    return (
        value, zip(found, inputs).map { $0 ?? .zeros($1.shape, dtype: $1.dtype) }
    )
}

/// The same inside a trace, where everything is a symbol already.
private func tracedGradient(
    _ trace: Trace, _ inputs: [NDArray], _ function: ([NDArray]) throws -> NDArray
) rethrows -> (value: NDArray, gradients: [NDArray]) {
    // Values of their own: another use of the same array inside `function` is a constant.
    let arguments = inputs.map { $0.reshaped(to: $0.shape.extents) }
    let tape = Tape(parent: nil, recordsParameters: false)
    let value = try Scopes.changing {
        $0.tape = tape
        $0.trace = trace
    } _: {
        try function(arguments)
    }
    let output = trace.symbol(value)
    let found = gradients(
        of: [output], cotangents: [.full(output.shape, 1, dtype: output.dtype)],
        at: arguments.map(trace.symbol))
    let outer = Tape.innermost(in: Scopes.current ?? .outside)
    func result(_ symbol: Symbol) -> NDArray {
        let array = trace.array(symbol, tape: outer)
        return outer == nil ? array.detached() : array
    }
    return (
        result(output),
        zip(found, inputs).map { symbol, input in
            symbol.map(result) ?? .zeros(input.shape, dtype: input.dtype)
        }
    )
}
