import BraidPlatform

/// Collects the first programmer's mistake inside `validating`.
package final class ErrorSink: Sendable {
    private let first = Locked<ArrayError?>(nil)

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
    let sink = ErrorSink()
    let result = Result { try Scopes.changing({ $0.errors = sink }, body) }
    if let error = sink.error { throw error }
    return try result.get()
}

/// The one road for mistakes that are known at a call. Functions that throw use `noted`, all others
/// `report`; what stops the program even inside `validating` stands in `Scripts/traps`.
extension ArrayError {
    /// Hands this mistake to the innermost `validating`, or stops the program.
    ///
    /// Code behind it runs inside `validating` only, and returns what stands for no result: an array
    /// that is poisoned with the error, NaN, 0 or nothing.
    /// - Parameters:
    ///   - fileID: the caller's file, where the function at fault takes it.
    ///   - line: the caller's line there.
    package func report(_ fileID: StaticString? = nil, _ line: UInt = 0) {
        _ = reported(fileID, line)
    }

    /// Reports, and returns the error with what is known of the call.
    package func reported(_ fileID: StaticString? = nil, _ line: UInt = 0) -> ArrayError {
        let error = located(fileID, line)
        guard let sink = Scopes.innermost?.errors else { error.trap() }
        sink.report(error)
        return error
    }

    /// This mistake for a function that throws it; the innermost `validating` hears of it, too, should the
    /// caller go on.
    package func noted(_ fileID: StaticString? = nil, _ line: UInt = 0) -> ArrayError {
        let error = located(fileID, line)
        Scopes.innermost?.errors?.report(error)
        return error
    }

    /// Reports when a condition on arguments does not hold.
    /// - Returns: whether it holds; false inside `validating` only.
    @discardableResult
    package static func check(
        _ condition: Bool, in operation: String, _ message: @autoclosure () -> String,
        _ fileID: StaticString? = nil, _ line: UInt = 0
    ) -> Bool {
        if !condition { ArrayError(.invalidValue, in: operation, message()).report(fileID, line) }
        return condition
    }

    /// Stops the program with this mistake's description.
    // Not `preconditionFailure`, whose message optimised builds leave out.
    @inline(never)
    package func trap() -> Never { fatalError(locatedByStack().description) }
}
