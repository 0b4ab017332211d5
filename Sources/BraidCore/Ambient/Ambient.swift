package import BraidPlatform

/// Whether layers behave as in training (dropout drops, statistics move) or as in prediction.
public enum Mode: Hashable, Sendable, Codable {
    /// As in training.
    case train
    /// As in prediction.
    case predict
}

/// The state that open scopes lend to the code inside them. One object, so that binding and reading
/// it costs one reference.
///
/// A job inherits mode and owner of its push, and has an error sink of its own. The rest belongs to the
/// code that opened the scope: neither the jobs that it pushes see it, nor those that its thread runs
/// while it waits.
package final class Ambient: Sendable {
    /// The parts.
    package struct Values: Sendable {
        /// The tape that records, of BraidRuntime's type.
        package var tape: (any AnyObject & Sendable)?
        /// The trace that is being taken, of BraidRuntime's type.
        package var trace: (any AnyObject & Sendable)?
        package var mode = Mode.predict
        package var errors: ErrorSink?
        /// Where moves of running averages are left, of BraidRuntime's type; nil when they are made at
        /// once.
        package var averages: (any AnyObject & Sendable)?
        /// On whose behalf jobs are pushed, for recordings of when they ran.
        package var owner: String?
        /// Where keys of random operators come from, of BraidOperators' type; nil for the process's own
        /// source.
        package var randomSource: (any AnyObject & Sendable)?
        /// The block inside which calls happen, of BraidRuntime's type; in checked mode and for summaries only.
        package var blockPath: (any AnyObject & Sendable)?
        /// What lets changes of arrays through, of BraidEngine's type.
        package var guardian: (any AnyObject & Sendable)?
        /// Who notes the calls of blocks, of BraidNN's type.
        package var blockObserver: (any AnyObject & Sendable)?
    }
    package let values: Values

    package init(_ values: Values = Values()) { self.values = values }

    package var tape: (any AnyObject & Sendable)? { values.tape }
    package var trace: (any AnyObject & Sendable)? { values.trace }
    package var mode: Mode { values.mode }
    package var errors: ErrorSink? { values.errors }
    package var averages: (any AnyObject & Sendable)? { values.averages }

    /// Whether a mutation must make a new array: a tape or a trace may hold the old value, and after
    /// a mistake there may be nothing to change.
    package var changesByReplacing: Bool {
        values.tape != nil || values.trace != nil || values.errors != nil
    }

    /// This state with changes.
    package func changing(_ change: (inout Values) -> Void) -> Ambient {
        var values = values
        change(&values)
        return Ambient(values)
    }

    /// The ambient state outside all scopes.
    package static let outside = Ambient()

    /// The state of the innermost scope without what it records, traces and collects, in prediction: for
    /// what is no part of that. Mistakes are still heard of.
    package static var unrecorded: Ambient { (Scopes.innermost ?? outside).unrecorded }

    /// The same of this state.
    package var unrecorded: Ambient {
        let isNothingLeft =
            values.errors == nil && values.owner == nil && values.randomSource == nil
            && values.blockPath == nil && values.guardian == nil
        if isNothingLeft { return Self.outside }
        return changing {
            ($0.tape, $0.trace, $0.averages, $0.blockObserver) = (nil, nil, nil, nil)
            $0.mode = .predict
        }
    }
}

extension Ambient: ScopeState {
    /// What jobs pushed in training inherit.
    private static let training = Ambient(Values(mode: .train))

    package var owner: String? { values.owner }

    package var forJobs: (any ScopeState)? {
        values.mode == .predict ? nil : Self.training
    }

    /// The pieces are the caller's own code, on several threads at a time: they report to the caller's
    /// sink, and what must stay in order, such as a tape, they do not see.
    package var forPieces: (any ScopeState)? {
        Ambient(Values(mode: values.mode, errors: values.errors, owner: values.owner))
    }

    package var mistake: (any Error)? { values.errors?.error }

    package func report(_ message: String, in operation: String) {
        values.errors?.report(ArrayError(.invalidState, in: operation, message))
    }

    /// What the code of a job finds.
    fileprivate convenience init(_ job: JobScope) {
        let inherited = job.forJobs.map { unsafeDowncast($0, to: Ambient.self) }
        self.init(
            Values(mode: inherited?.mode ?? .predict, errors: ErrorSink(), owner: job.owner))
    }
}

/// Open scopes. Without one, an operator pays one relaxed load.
package enum Scopes {
    /// The state of the innermost scope, or nil outside all scopes.
    package static var current: Ambient? { ScopeBinding.current.map(ambient) }

    /// The same, also where a job has not asked for its own before; for what happens rarely.
    package static var innermost: Ambient? { ScopeBinding.innermost.map(ambient) }

    @inline(__always)
    private static func ambient(_ scope: any ScopeState) -> Ambient {
        type(of: scope) == Ambient.self
            ? unsafeDowncast(scope, to: Ambient.self)
            : ofJob(unsafeDowncast(scope, to: JobScope.self))
    }

    @inline(never)
    private static func ofJob(_ job: JobScope) -> Ambient {
        unsafeDowncast(job.state { Ambient($0) }, to: Ambient.self)
    }

    /// Runs `body` with `ambient` as the innermost scope.
    package static func with<R>(_ ambient: Ambient, _ body: () throws -> R) rethrows -> R {
        try ScopeBinding(ambient)(body)
    }

    /// Runs `body` with `ambient` as the innermost scope; child tasks inherit it.
    package static func with<R>(
        _ ambient: Ambient, _ body: () async throws -> R
    ) async rethrows -> R {
        try await ScopeBinding(ambient)(body)
    }

    /// Runs `body` in the innermost scope with changes.
    package static func changing<R>(
        _ change: (inout Ambient.Values) -> Void, _ body: () throws -> R
    ) rethrows -> R {
        try with((innermost ?? .outside).changing(change), body)
    }
}

/// Runs `body` as in training or as in prediction; `Autograd.record` sets training by itself.
///
/// As of every scope, tasks that `body` starts are inside as long as it runs. One that goes on after its end is
/// not to rely on being inside or outside, and opens a scope of its own.
public func withMode<R>(_ mode: Mode, _ body: () throws -> R) rethrows -> R {
    try Scopes.changing({ $0.mode = mode }, body)
}

extension Mode {
    /// The mode of the innermost scope; prediction outside all scopes.
    public static var current: Mode { Scopes.current?.mode ?? .predict }
}
