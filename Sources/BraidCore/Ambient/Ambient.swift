package import Synchronization

/// Whether layers behave as in training (dropout drops, statistics move) or as in prediction.
public enum Mode: Hashable, Sendable, Codable {
    /// As in training.
    case train
    /// As in prediction.
    case predict
}

/// The state that open scopes lend to the code inside them. One object, so that binding and reading
/// it costs one reference.
package final class Ambient: Sendable {
    /// The tape that records, of BraidRuntime's type.
    package let tape: (any AnyObject & Sendable)?
    /// The trace that is being taken, of BraidRuntime's type.
    package let trace: (any AnyObject & Sendable)?
    package let mode: Mode
    package let errors: ErrorSink?
    /// Where moves of running averages are left, of BraidRuntime's type; nil when they are made at once.
    package let averages: (any AnyObject & Sendable)?

    package init(
        tape: (any AnyObject & Sendable)?, trace: (any AnyObject & Sendable)?, mode: Mode,
        errors: ErrorSink?, averages: (any AnyObject & Sendable)?
    ) {
        self.tape = tape
        self.trace = trace
        self.mode = mode
        self.errors = errors
        self.averages = averages
    }

    /// Whether a mutation must make a new array: a tape or a trace may hold the old value, and after
    /// a mistake there may be nothing to change.
    package var changesByReplacing: Bool { tape != nil || trace != nil || errors != nil }

    /// The ambient state outside all scopes.
    package static let outside = Ambient(
        tape: nil, trace: nil, mode: .predict, errors: nil, averages: nil)
}

/// Open scopes. Without one, an operator pays one relaxed load.
package enum Scopes {
    @TaskLocal package static var bound: Ambient?
    /// How many scopes are open in the process.
    package static let open = Atomic<Int>(0)

    /// The state of the innermost scope, or nil outside all scopes.
    @inline(__always)
    package static var current: Ambient? {
        open.load(ordering: .relaxed) == 0 ? nil : bound
    }

    /// Runs `body` with `ambient` as the innermost scope.
    package static func with<R>(_ ambient: Ambient, _ body: () throws -> R) rethrows -> R {
        open.wrappingAdd(1, ordering: .relaxed)
        defer { open.wrappingSubtract(1, ordering: .relaxed) }
        return try $bound.withValue(ambient, operation: body)
    }

    /// Runs `body` with `ambient` as the innermost scope; child tasks inherit it.
    package static func with<R>(
        _ ambient: Ambient, _ body: () async throws -> R
    ) async rethrows -> R {
        open.wrappingAdd(1, ordering: .relaxed)
        defer { open.wrappingSubtract(1, ordering: .relaxed) }
        return try await $bound.withValue(ambient, operation: body)
    }
}

/// Runs `body` as in training or as in prediction; `Autograd.record` sets training by itself.
public func withMode<R>(_ mode: Mode, _ body: () throws -> R) rethrows -> R {
    let now = Scopes.current ?? .outside
    return try Scopes.with(
        Ambient(
            tape: now.tape, trace: now.trace, mode: mode, errors: now.errors,
            averages: now.averages), body)
}

extension Mode {
    /// The mode of the innermost scope; prediction outside all scopes.
    public static var current: Mode { Scopes.current?.mode ?? .predict }
}
