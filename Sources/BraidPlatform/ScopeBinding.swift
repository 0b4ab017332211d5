import CBraidPlatform
package import Synchronization

/// What open scopes lend to the code inside them, as far as the engine has to know it. BraidCore says what
/// it is.
package protocol ScopeState: AnyObject, Sendable {
    /// What a job that is pushed here finds; nil for what is found outside all scopes.
    var forJobs: (any ScopeState)? { get }
    /// What the pieces of a loop find that is split here; nil for what is found outside all scopes.
    var forPieces: (any ScopeState)? { get }
    /// On whose behalf jobs are pushed here.
    var owner: String? { get }
    /// The first mistake that was reported here.
    var mistake: (any Error)? { get }
    /// Takes a mistake of a call.
    func report(_ message: String, in operation: String)
}

/// The innermost scope around the code that runs: of an opened one its state, of a job in which none is
/// open its `JobScope`. All scopes of Braid are bound here, so that a job can leave behind those of the
/// thread that happens to run it.
///
/// A task that outlives its scope finds it only while some scope of the process is open: to tell would cost every
/// operator inside scopes a look at whether they are still open.
package struct ScopeBinding: Sendable {
    @TaskLocal private static var bound: (any ScopeState)?

    /// How many bindings exist in the process; while there is none, nobody need look.
    package static let open = Atomic<Int>(0)

    private let scope: (any ScopeState)?

    /// A binding of a scope; with nil that of what runs outside all scopes.
    package init(_ scope: (any ScopeState)?) { self.scope = scope }

    /// The innermost scope of the calling code; nil outside all scopes, and in a job that runs bare.
    package static var current: (any ScopeState)? {
        open.load(ordering: .relaxed) == 0 ? nil : bound
    }

    /// The same; nil outside all scopes and jobs. For what happens rarely: the opening of a scope, a
    /// mistake.
    package static var innermost: (any ScopeState)? { current ?? BareJob.scope }

    /// Runs `body` inside this binding.
    package func callAsFunction<R>(_ body: () throws -> R) rethrows -> R {
        Self.open.wrappingAdd(1, ordering: .relaxed)
        defer { Self.open.wrappingSubtract(1, ordering: .relaxed) }
        if scope == nil {
            return try BareJob.outside { try Self.$bound.withValue(nil, operation: body) }
        }
        return try Self.$bound.withValue(scope, operation: body)
    }

    /// Runs `body` inside this binding; child tasks inherit it.
    package func callAsFunction<R>(_ body: () async throws -> R) async rethrows -> R {
        Self.open.wrappingAdd(1, ordering: .relaxed)
        defer { Self.open.wrappingSubtract(1, ordering: .relaxed) }
        return try await Self.$bound.withValue(scope, operation: body)
    }
}

/// A job whose code no scope surrounds, neither of its push nor of its thread: nothing is bound before the
/// code asks for it, so that it costs nothing.
package enum BareJob {
    /// The scope of the bare job that runs on this thread, made at the first call; nil outside of one.
    static var scope: JobScope? {
        guard let place = braid_get_bare_job()?.assumingMemoryBound(to: JobScope?.self) else {
            return nil
        }
        if place.pointee == nil { place.pointee = JobScope(inherited: nil, owner: nil) }
        return place.pointee
    }

    /// Runs `body` as outside of all jobs.
    static func outside<R>(_ body: () throws -> R) rethrows -> R {
        let outer = braid_get_bare_job()
        braid_set_bare_job(nil)
        defer { braid_set_bare_job(outer) }
        return try body()
    }

    /// Runs `body` bare.
    /// - Returns: what it returns, and the first mistake that was reported inside.
    package static func run<R>(_ body: () -> R) -> (result: R, mistake: (any Error)?) {
        var scope: JobScope?
        let result = withUnsafeMutablePointer(to: &scope) { place in
            let outer = braid_get_bare_job()
            braid_set_bare_job(place)
            defer { braid_set_bare_job(outer) }
            return body()
        }
        return (result, scope?.mistake)
    }
}

/// What the code of one job finds, and its first mistake.
package final class JobScope: ScopeState {
    /// What the job took over from its push, and hands on.
    package let forJobs: (any ScopeState)?
    /// On whose behalf the job runs.
    package let owner: String?
    private let state = Locked<(any ScopeState)?>(nil)

    package init(inherited: (any ScopeState)?, owner: String?) {
        forJobs = inherited
        self.owner = owner
    }

    /// The first mistake of the job's code.
    package var mistake: (any Error)? { state.withLock { $0 }?.mistake }

    /// The pieces are the job's own code.
    package var forPieces: (any ScopeState)? { self }

    package func report(_ message: String, in operation: String) {
        state.withLock { $0 }?.report(message, in: operation)
    }

    /// The job's own scope, made when its code first asks.
    package func state(_ make: (JobScope) -> any ScopeState) -> any ScopeState {
        state.withLock { state in
            if let state { return state }
            let made = make(self)
            state = made
            return made
        }
    }
}
