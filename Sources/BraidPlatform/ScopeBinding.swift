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

/// The innermost scope around the code that runs. All scopes of Braid are bound here, so that a job can
/// leave behind those of the thread that happens to run it.
package struct ScopeBinding: Sendable {
    @TaskLocal private static var bound: ScopeBinding?

    /// How many bindings exist in the process; while there is none, nobody need look.
    package static let open = Atomic<Int>(0)

    /// The innermost scope; nil where no scope is open inside the job, or outside all.
    package let state: (any ScopeState)?
    /// The job around the code when no scope is open inside it.
    package let job: JobScope?

    package init(_ state: (any ScopeState)?, job: JobScope? = nil) {
        self.state = state
        self.job = job
    }

    /// That of the calling code; nil outside all scopes, and in a job that runs bare.
    package static var current: ScopeBinding? {
        open.load(ordering: .relaxed) == 0 ? nil : bound
    }

    /// That of the calling code; nil outside all scopes and jobs. For what happens rarely: the opening of a
    /// scope, a mistake.
    package static var innermost: ScopeBinding? {
        current ?? BareJob.scope.map { ScopeBinding(nil, job: $0) }
    }

    /// Runs `body` inside this binding.
    package func callAsFunction<R>(_ body: () throws -> R) rethrows -> R {
        Self.open.wrappingAdd(1, ordering: .relaxed)
        defer { Self.open.wrappingSubtract(1, ordering: .relaxed) }
        return try Self.$bound.withValue(self, operation: body)
    }

    /// Runs `body` inside this binding; child tasks inherit it.
    package func callAsFunction<R>(_ body: () async throws -> R) async rethrows -> R {
        Self.open.wrappingAdd(1, ordering: .relaxed)
        defer { Self.open.wrappingSubtract(1, ordering: .relaxed) }
        return try await Self.$bound.withValue(self, operation: body)
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
package final class JobScope: Sendable {
    /// What the job took over from its push.
    package let inherited: (any ScopeState)?
    /// On whose behalf the job runs.
    package let owner: String?
    private let state = Locked<(any ScopeState)?>(nil)

    package init(inherited: (any ScopeState)?, owner: String?) {
        self.inherited = inherited
        self.owner = owner
    }

    /// The first mistake of the job's code.
    package var mistake: (any Error)? { state.withLock { $0 }?.mistake }

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
