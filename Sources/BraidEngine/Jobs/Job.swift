import Synchronization

/// A body with the variables that it accesses. Made at push, dropped after its end; whatever the
/// body captured goes with it.
final class Job: @unchecked Sendable {
    enum Body: Sendable {
        /// Skipped when an input is poisoned.
        case work(@Sendable () throws -> Void)
        /// Told of the poison instead.
        case observer(@Sendable (EngineError?) -> Void)
    }

    // Sendable because constants are Sendable, `isDone` is atomic, `body` and `inherited` belong to
    // the thread that runs the job, and everything else is touched under the engine's lock.
    let label: String
    let priority: Int
    /// Bytes of memory that the job will ask for, for back-pressure.
    let byteCount: Int
    private var body: Body?

    let isDone = Atomic<Bool>(false)

    /// Does not change while the job runs.
    @exclusivity(unchecked) var accesses: AccessList

    // Under the engine's lock.
    var order = PushOrder(root: 0, path: [])
    /// The position in the push sequence of the engine, nested pushes included.
    var sequence: UInt64 = 0
    /// Position in the table of jobs in flight.
    var slot = -1
    var missingGrants = 0
    /// Whether a thread has taken the job.
    var hasBegun = false
    var childCount: UInt32 = 0
    /// The failure that the job inherits instead of running.
    var inherited: Poison?
    /// What the job waits for inside its body, once per thread that runs a part of it.
    var awaited: [Job] = []
    /// Threads to wake at the job's end.
    var waiters: [Parker] = []
    /// What the job displaced under the lock and what must not die there, because its end may run
    /// code of the user: it goes with the job.
    var displaced: [any Sendable] = []

    init(
        _ label: String, _ accesses: AccessList, priority: Int, byteCount: Int,
        body: Body
    ) {
        self.label = label
        self.accesses = accesses
        self.priority = priority
        self.byteCount = byteCount
        self.body = body
    }

    /// Lets go of the variables, and of what must not die under the lock.
    /// - Precondition: the job has ended, and the caller ran it.
    func releaseVariables() {
        accesses = AccessList(reads: [], updates: [], overwrites: [])
        displaced = []
    }

    /// Calls the body, unless an input is poisoned, and lets go of what it captured: what dies with
    /// that does so as part of the job.
    /// - Returns: the failure to pass on.
    func callBody() -> Poison? {
        switch body.take()! {
        case .observer(let observer): observer(inherited?.error)
        case .work(let work):
            if let inherited { return inherited }
            do { try work() } catch {
                return Poison(error: EngineError(jobFailed: label, error), order: order)
            }
        }
        return nil
    }
}
