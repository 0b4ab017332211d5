import BraidPlatform

/// What a job takes over from the code that pushes it: whether layers train or predict, and on whose
/// behalf it runs.
///
/// It takes over nothing else. Inside the job no scope of its push is open, such as one that records or
/// validates, nor any of the thread that happens to run it. A programmer's mistake inside the job is the
/// job's failure.
public struct JobContext: Sendable {
    let isKernel: Bool
    private let inherited: (any ScopeState)?
    let owner: String?

    private init(isKernel: Bool, inherited: (any ScopeState)?, owner: String?) {
        self.isKernel = isKernel
        self.inherited = inherited
        self.owner = owner
    }

    /// For bodies that look at no scope and make no mistakes; they run as they are.
    package static let kernel = JobContext(isKernel: true, inherited: nil, owner: nil)

    /// As pushed outside all scopes: in prediction, on nobody's behalf.
    public static let outside = JobContext(isKernel: false, inherited: nil, owner: nil)

    /// That of the calling code.
    public static var current: JobContext {
        guard let scope = ScopeBinding.current else { return outside }
        return JobContext(isKernel: false, inherited: scope.forJobs, owner: scope.owner)
    }

    /// Runs `body` as that of a job, on whatever thread.
    /// - Parameter owner: on whose behalf, if not that of the context.
    /// - Returns: what `body` returns, and the first mistake that was reported inside.
    @inline(__always)
    func run<R>(owner: String?, _ body: () -> R) -> (result: R, mistake: (any Error)?) {
        if isKernel { return (body(), nil) }
        return runInScope(owner ?? self.owner, body)
    }

    @inline(never)
    private func runInScope<R>(
        _ owner: String?, _ body: () -> R
    ) -> (result: R, mistake: (any Error)?) {
        if inherited == nil, owner == nil, ScopeBinding.current == nil, !MemoryBudget.isLimited {
            return BareJob.run(body)
        }
        let scope = JobScope(inherited: inherited, owner: owner)
        let result = MemoryBudget.outsideLimits { ScopeBinding(scope)(body) }
        return (result, scope.mistake)
    }

    /// Runs `body` at once as a job in this context would.
    /// - Throws: the first mistake that was reported inside, else what `body` throws.
    package func callAsFunction<R>(_ body: () throws -> R) throws -> R {
        let (result, mistake) = runInScope(owner) { Result(catching: body) }
        if let mistake { throw mistake }
        return try result.get()
    }

    /// What the pieces of a loop take over from the code that splits it: its mode, its owner, and who hears
    /// of mistakes.
    static var pieces: ScopeBinding { ScopeBinding(ScopeBinding.innermost?.forPieces) }
}
