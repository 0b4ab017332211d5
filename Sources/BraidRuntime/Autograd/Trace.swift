import BraidCore

/// A trace that is being taken: operators on its values build symbols. Arrays from outside are
/// captured as bound symbols.
final class Trace: Sendable {
    static func of(_ object: any AnyObject & Sendable) -> Trace {
        unsafeDowncast(object, to: Trace.self)
    }

    /// The symbol behind a value of the trace, or a captured one.
    func symbol(_ array: NDArray) -> Symbol {
        array.body.symbol ?? .captured(array)
    }

    func apply<O: Operator>(_ op: O, _ inputs: [NDArray]) -> [NDArray] {
        Symbol.applyAll(op, to: inputs.map(symbol)).map { NDArray(ArrayBody($0)) }
    }

    /// Runs `body` so that operators build symbols.
    static func take<R>(_ body: (Trace) throws -> R) rethrows -> R {
        let trace = Trace()
        let now = Scopes.current ?? .outside
        return try Scopes.with(
            Ambient(tape: nil, trace: trace, mode: now.mode, errors: now.errors)
        ) { try body(trace) }
    }
}

extension Symbol {
    /// A symbol that is bound to an array for good.
    static func captured(_ array: NDArray) -> Symbol {
        Symbol(Node(.captured(array.body), inputs: [], types: [array.type]))
    }
}
