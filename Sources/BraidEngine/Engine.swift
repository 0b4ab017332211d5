import BraidPlatform

/// Runs jobs as soon as the variables they access allow it, many at a time.
///
/// Jobs are ordered by the variables that they name: what one writes and another accesses runs in
/// the order of the pushes, everything else may overlap. Calls return at once; `wait(for:)` and
/// `waitAll()` are the only synchronisation.
///
/// ```swift
/// let engine = Engine()
/// let log = Variable()
/// engine.push("write", overwrites: [log]) { … }
/// engine.push("read", reads: [log]) { … }
/// try engine.wait(for: log)
/// ```
///
/// After Apache MXNet's dependency engine (Chen et al., 2015).
public final class Engine: Sendable {
    /// How jobs are scheduled; all kinds give the same values, versions and errors.
    public enum Kind: Hashable, Sendable {
        /// On a pool of threads; nil stands for every usable core.
        case threaded(threads: Int?)
        /// Each job at its push, on the calling thread: for debugging.
        case serial
        /// On the calling thread in an order drawn from the seed, the same at every run: for tests.
        case simulated(seed: UInt64)
    }

    /// How far pushes from outside jobs may run ahead.
    public struct Limits: Hashable, Sendable {
        /// Jobs in flight.
        public var jobs: Int
        /// Bytes that jobs in flight ask for or alone keep alive.
        public var bytes: Int
        /// Such bytes as long as every thread has several jobs waiting: more of them would need memory
        /// sooner than threads need work, and push what is in use out of the caches.
        public var cachedBytes: Int

        /// Limits; by default 8,192 jobs, a quarter of the machine's memory, and 8 MiB while threads have
        /// enough to do.
        public init(jobs: Int = 8_192, bytes: Int? = nil, cachedBytes: Int = 8 << 20) {
            self.jobs = jobs
            self.bytes = bytes ?? max(1 << 28, Machine.memoryByteCount / 4)
            self.cachedBytes = cachedBytes
        }
    }

    private let core: Core

    /// An engine. Its threads start with the first jobs.
    /// - Parameters:
    ///   - limits: past them a push waits for room and helps to make it.
    ///   - reportsStallsAfter: a wait that makes no progress for so long writes who waits for whom to
    ///     standard error; never when nil.
    /// - Precondition: the number of threads and all limits are positive.
    public init(
        _ kind: Kind = .threaded(threads: nil), limits: Limits = Limits(),
        reportsStallsAfter: Duration? = nil
    ) {
        if case .threaded(let threads?) = kind {
            if threads <= 0 { fatalError("an engine needs at least one thread, not \(threads)") }
        }
        if min(limits.jobs, limits.bytes, limits.cachedBytes) <= 0 {
            fatalError("the engine's limits must be positive")
        }
        core = Core(
            kind, limits, reportsStallsAfter: reportsStallsAfter.map { $0 / .seconds(1) },
            startThread: { WorkerThread($0) })
    }

    /// An engine on a system that has a thread left only while `hasThread` says so.
    package init(
        _ kind: Kind, limits: Limits = Limits(), hasThread: @escaping @Sendable () -> Bool
    ) {
        core = Core(kind, limits, reportsStallsAfter: nil) {
            hasThread() ? WorkerThread($0) : nil
        }
    }

    /// Names the engine among those of the process.
    package var number: UInt32 { core.number }
    /// Takes bytes back that nothing but pending jobs of an engine kept alive, which may be gone itself.
    package static func removeOrphanedBytes(_ count: Int, ofEngine number: UInt32) {
        Core.numbered(number)?.removeOrphanedBytes(count)
    }

    deinit { if core.isInside { core.abandon() } else { core.stop() } }

    /// How jobs are scheduled.
    public var kind: Kind { core.kind }
    /// The number of threads that run compute jobs at a time, helping waiters included.
    public var threads: Int { core.threads }

    /// Hands a job over.
    ///
    /// A variable in several lists, or twice in one, is accessed once: it is read if any list asks
    /// for that and written if any does.
    /// - Parameters:
    ///   - label: what errors and reports call the job.
    ///   - reads: variables whose contents the body reads.
    ///   - updates: variables whose contents the body reads and changes.
    ///   - overwrites: variables whose contents the body replaces; an earlier failure there is
    ///     forgotten when the body succeeds.
    ///   - priority: among ready jobs of the lane the highest runs first.
    ///   - lane: `io` for a body that may block, so that it holds no compute thread.
    ///   - bytes: memory that the body will ask for.
    ///   - owner: on whose behalf the job runs, for recordings; nil stands for that of the context.
    ///   - context: what the job takes over from the code that pushes it; by default whether layers train
    ///     and on whose behalf it runs. No other scope reaches the job, neither of its push nor of the
    ///     thread that runs it.
    ///   - body: what to do, on some thread. When it throws, or makes a mistake that would stop the
    ///     program elsewhere, what it was to write is poisoned.
    ///
    /// From outside jobs the call may wait for room and meanwhile run other jobs on the calling
    /// thread, so the caller must hold no lock that jobs take.
    ///
    /// A variable belongs to one engine while jobs name it. A job that names one of another engine fails with
    /// `EngineError.Code.variableInUse`, and what it was to write is poisoned there and here.
    public func push(
        _ label: String, reads: [Variable] = [], updates: [Variable] = [],
        overwrites: [Variable] = [], priority: Int = 0, lane: Lane = .compute, bytes: Int = 0,
        owner: String? = nil, context: JobContext = .current,
        _ body: @escaping @Sendable () throws -> Void
    ) {
        core.push(
            Run(
                label, GripList(reads: reads, updates: updates, overwrites: overwrites),
                priority: priority, lane: lane, byteCount: bytes, body: .work(body), owner: owner,
                context: context))
    }

    /// Hands a kernel's job over that says for each variable what it does with it.
    package func push(
        _ label: String, accesses: [(variable: Variable, access: Access)], priority: Int = 0,
        bytes: Int = 0, owner: String? = nil, _ body: @escaping @Sendable () throws -> Void
    ) {
        core.push(
            Run(
                label, GripList(accesses), priority: priority, byteCount: bytes, body: .work(body),
                owner: owner, context: .kernel))
    }

    /// Hands a program over: as if its jobs were pushed one after the other, at one time.
    ///
    /// Several pushes of one program are in flight together where the variables allow it. In steady
    /// state a push allocates a few objects, however many jobs the program has.
    /// - Parameters:
    ///   - label: what reports call the push; failures carry the label of the inner job.
    ///   - externals: the variables that the program's externals stand for this time. Externals that
    ///     get the same variable are one.
    ///   - bytes: memory that the jobs will ask for.
    ///   - context: what the jobs take over from the code that pushes them, as of a plain push.
    ///   - body: does an inner job, by its number, on some thread; calls overlap as the slots allow.
    /// - Precondition: there are as many variables as externals.
    ///
    /// As with a plain push the call may wait for room, for all inner jobs at once.
    public func push(
        _ program: Program, label: String, externals: [Variable], bytes: Int = 0,
        context: JobContext = .current, _ body: @escaping @Sendable (_ job: Int) throws -> Void
    ) {
        invariant(
            externals.count == program.externalCount,
            "program '\(label)' has \(program.externalCount) externals, not \(externals.count)")
        if program.jobCount == 0 { return }
        core.push(
            Run(
                label, program.merging(externals), externals, byteCount: bytes, context: context,
                body))
    }

    /// Calls `observer` once the writers of `variable` that were pushed so far have ended, with the
    /// failure that the contents depend on, if any. The observer must not block. The call never waits for
    /// room, and runs jobs only on an engine that has no threads.
    public func notify(
        when variable: Variable, context: JobContext = .current,
        _ observer: @escaping @Sendable (EngineError?) -> Void
    ) {
        core.push(
            Run(
                "notify", GripList(reads: [variable], updates: [], overwrites: []), priority: 0,
                byteCount: 0, body: .observer(observer), context: context))
    }

    /// Waits until the writers of `variable` that were pushed so far have ended; readers do not
    /// matter.
    ///
    /// Outside jobs the calling thread meanwhile runs other jobs. Inside a job it runs only jobs
    /// that the variable depends on, and returns at once for a variable that the job itself accesses.
    /// - Throws: `EngineError`, the failure that the contents depend on, at every call until they are
    ///   overwritten; inside a job also when the variable depends on the end of that job; on any thread when
    ///   jobs of another engine write it.
    public func wait(for variable: Variable) throws(EngineError) {
        try core.wait(for: variable)
    }

    /// Waits until every job pushed so far, with all that it pushed, has ended.
    /// - Throws: `EngineError`, of the failures since the last call the earliest pushed one, which says how
    ///   many more there were; inside a job always.
    public func waitAll() throws(EngineError) { try core.waitAll() }

    /// Forgets the failure that `variable` carries, after the jobs pushed so far. The contents are
    /// undefined then.
    public func clearError(of variable: Variable) {
        push("clear error", overwrites: [variable], context: .kernel) {}
    }

    /// Calls `body` with every number below `count` and returns when all calls have ended. Idle
    /// threads of the pool take part; the caller does what they leave. Outside jobs the whole is a
    /// job of its own, and the calling thread helps as in a wait.
    public func parallelFor(_ count: Int, _ body: (Int) -> Void) { core.parallelFor(count, body) }

    /// Runs everything pushed so far, then ends the threads. A later push starts new ones.
    /// - Precondition: not called inside a job.
    public func stop() {
        if core.isInside { fatalError("an engine cannot be stopped by one of its own jobs") }
        core.stop()
    }

    /// What the engine has done so far.
    public var counters: EngineCounters {
        core.withState { state, _ in
            EngineCounters(
                pushed: state.scheduler.pushCount, completed: state.scheduler.completedCount,
                skipped: state.scheduler.skippedCount, inFlight: state.scheduler.inFlight.jobCount,
                blockedPushes: state.backPressureCount, workers: state[.compute].workerCount,
                ioThreads: state[.io].workerCount, refusedThreads: state.refusedThreadCount)
        }
    }

    /// One line per job in flight: what it does and which jobs it waits for.
    public func waitReport() -> String {
        core.withState { state, _ in state.scheduler.report() }
    }

    /// Starts to note when and where each job runs.
    public func startRecording() { core.recorder.start() }
    /// Ends the recording; the records in the order in which jobs ended.
    public func stopRecording() -> [JobRecord] { core.recorder.stop() }

    /// Whether small ready work may run on the calling thread at once. A simulated engine wants to
    /// decide when it runs.
    package var permitsInline: Bool {
        if case .simulated = core.kind { false } else { true }
    }

    /// Marks a variable that no job names yet as failed, as if a job of that label had thrown; no
    /// `waitAll` reports it.
    package func poison(_ variable: Variable, label: String, _ error: any Error) {
        let isDone = core.withState { state, _ in
            guard variable.isIdle else { return false }
            state.scheduler.replacePoison(
                of: variable,
                by: Poison(
                    error: EngineError(jobFailed: label, error), order: PushOrder(root: 0), of: nil),
                nil)
            return true
        }
        if !isDone { push(label, overwrites: [variable], context: .kernel) { throw error } }
    }

    /// Counts bytes that nothing but pending jobs keeps alive.
    package func addOrphanedBytes(_ count: Int) { core.addOrphanedBytes(count) }
}
