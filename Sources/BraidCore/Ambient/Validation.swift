import Synchronization

/// Collects the first programmer's mistake inside `validating`.
package final class ErrorSink: Sendable {
    private let first = Mutex<ArrayError?>(nil)

    package init() {}

    package var error: ArrayError? { first.withLock { $0 } }

    package func report(_ error: ArrayError) {
        first.withLock { if $0 == nil { $0 = error } }
    }
}

/// Runs `body`; a wrong shape, dtype, axis or index inside it is thrown at the end instead of
/// stopping the program. After the first mistake operators go on with arrays that hold nothing;
/// reading one of those throws the mistake as well.
///
/// - Throws: the first `ArrayError`, else what `body` throws.
public func validating<R>(_ body: () throws -> R) throws -> R {
    let now = Scopes.current ?? .outside
    let sink = ErrorSink()
    let ambient = Ambient(
        tape: now.tape, trace: now.trace, mode: now.mode, errors: sink, averages: now.averages)
    let result = Result { try Scopes.with(ambient, body) }
    if let error = sink.error { throw error }
    return try result.get()
}

extension ArrayError {
    /// Hands this mistake to the innermost `validating`, or stops the program.
    package func report() {
        guard let sink = Scopes.current?.errors else {
            trap()
        }
        sink.report(self)
    }

    /// Stops the program when a condition on arguments does not hold.
    package static func check(
        _ condition: Bool, in operation: String, _ message: @autoclosure () -> String
    ) {
        if !condition { ArrayError(.invalidValue, in: operation, message()).trap() }
    }

    /// Stops the program with this mistake's description.
    // Not `preconditionFailure`, whose message optimised builds leave out.
    package func trap() -> Never { fatalError(description) }
}
