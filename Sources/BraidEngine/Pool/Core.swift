import BraidPlatform
import Synchronization

/// An engine without its public face. Worker threads hold it, so that it outlives the `Engine` until
/// the last of them has ended.
final class Core: Sendable {
    /// Loads of the signal before a thread without work goes to sleep: some ten microseconds, a
    /// fraction of what a wake-up through the kernel costs.
    private static let spinCount = 4_000
    private static let spinsPerYield = 200
    private static let releaseYields = 10_000

    /// Jobs on one thread's stack, each of which waits for the next, up to which a thread takes on another.
    static let helpDepth = 64
    private static let count = Atomic<UInt32>(0)
    private static let living = Locked<[UInt32: Weak]>([:])

    private struct Weak: Sendable { weak var core: Core? }

    /// Names the engine; counted from 1.
    let number = Core.count.wrappingAdd(1, ordering: .relaxed).newValue
    let kind: Engine.Kind
    let threads: Int
    private let startThread: ThreadStart
    private let reportsStallsAfter: Double?
    private let state: Locked<PoolState>
    /// Changes whenever work appears.
    private let signal = Atomic<UInt32>(0)
    private let orphanedBytes: OrphanedBytes
    /// Jobs that have ended and may still hold the variables of their runs.
    private let unreleased = Atomic<Int>(0)
    /// Whether the last attempt to start a thread failed, so that whoever pushes from outside jobs works.
    private let lacksThreads = Atomic<Bool>(false)
    let recorder = JobRecorder()

    init(
        _ kind: Engine.Kind, _ limits: Engine.Limits, reportsStallsAfter: Double?,
        startThread: @escaping ThreadStart
    ) {
        self.kind = kind
        self.startThread = startThread
        self.reportsStallsAfter = reportsStallsAfter
        let orphaned = OrphanedBytes()
        orphanedBytes = orphaned
        var policy = SchedulingPolicy.inOrder
        var threads = 1
        var hasWorkers = false
        switch kind {
        case .threaded(let count):
            threads = count ?? Machine.usableCores
            hasWorkers = true
        case .serial: policy = .inPushOrder
        case .simulated(let seed): policy = .drawn(seed: seed)
        }
        self.threads = threads
        state = Locked(
            PoolState(
                policy, threads: threads, limits: limits, hasWorkers: hasWorkers,
                orphanedBytes: orphaned, engine: number))
        Self.living.withLock { $0[number] = Weak(core: self) }
    }

    deinit { Self.living.withLock { _ = $0.removeValue(forKey: number) } }

    /// The engine of a number; nil when it is gone.
    static func numbered(_ number: UInt32) -> Core? {
        living.withLock { $0[number]?.core }
    }

    /// Runs `body` under the lock, then wakes whom it named.
    func withState<R: Sendable>(_ body: (inout PoolState, inout Wakes) -> R) -> R {
        var wakes = Wakes()
        let result = state.withLock { body(&$0, &wakes) }
        if !wakes.parkers.isEmpty || !wakes.newWorkers.isEmpty { perform(wakes) }
        return result
    }

    private func perform(_ wakes: Wakes) {
        for parker in wakes.parkers { parker.unpark() }
        for lane in wakes.newWorkers { startWorker(lane) }
    }

    private func startWorker(_ lane: Lane) {
        let worker = startThread { [self] in
            let thread = ThreadState.current
            thread.employer = self
            // Counted as a searcher until it looks for work for the first time, not only until it runs: in
            // between another thread would be started for the same job.
            thread.parker.wokenForWork = true
            help(until: .stop, thread, lane)
            withState { state, wakes in
                state[lane].workerCount -= 1
                // A push may have counted on this thread since it reached its goal.
                state.dispatch(&wakes)
            }
        }
        withState { state, wakes in
            if lane == .compute { lacksThreads.store(worker == nil, ordering: .relaxed) }
            if let worker {
                if state.isAbandoned { worker.detach() } else { state[lane].workers.append(worker) }
            } else {
                state.doWithoutWorker(lane, &wakes)
            }
        }
    }

    /// Lets spinning threads see that there is work.
    func announce() { signal.wrappingAdd(1, ordering: .releasing) }

    /// An inline access ended on a variable that jobs wait for.
    func released(_ variable: Variable) {
        withState { state, wakes in
            // By now another engine may use it.
            if variable.engine == number { state.scheduler.grant(variable) }
            state.dispatch(&wakes)
        }
        announce()
    }

    // MARK: Helping

    fileprivate enum Step: Sendable {
        case reached, run(BegunJob), help(Region), spin, park
    }

    /// Runs a lane's jobs, and parts of split jobs where the lane is `compute`, on the calling thread until
    /// `goal` is reached.
    func help(until goal: Goal, _ thread: ThreadState, _ lane: Lane = .compute) {
        var hasSpun = false
        while true {
            let seen = signal.load(ordering: .acquiring)
            let step = withState { state, wakes -> Step in
                state[lane].arrive(thread.parker)
                let takesWork = thread.takesWork || !state[lane].hasThreads
                let step = state.nextStep(
                    goal, lane, takesWork: takesWork, hasSpun: hasSpun, thread.parker)
                state.dispatch(&wakes)
                return step
            }
            // Each case reports its end before the next step is chosen: what a job kept alive may push
            // when it dies, and then this thread helps in there, too.
            switch step {
            case .reached:
                if isAlone(thread) { runReady(atMost: .max, thread) }
                return
            case .run(let begun):
                runToEnd(begun, withPermit: true, dispatches: false, thread)
                hasSpun = false
            case .help(let region):
                thread.helping(region, of: self) { CallFrame.hidden { region.run() } }
                withState { state, wakes in state.leave(region, &wakes) }
                hasSpun = false
            case .spin:
                spin(while: seen)
                hasSpun = true
            case .park:
                sleep(thread, goal, lane)
                hasSpun = false
            }
        }
    }

    /// Whether a thread outside jobs leaves what is ready to nobody: the pool has no thread, and the system
    /// had none for it.
    func isAlone(_ thread: ThreadState) -> Bool {
        lacksThreads.load(ordering: .relaxed) && thread.depth == 0
            && state.withLock { $0[.compute].workerCount == 0 }
    }

    /// Runs a job, which the calling thread has taken inside another one, on a thread of its own whose end
    /// the caller awaits: its stack has room.
    /// - Returns: whether the system had one.
    func runOnStandIn(_ begun: BegunJob, for lender: ThreadState) -> Bool {
        // Sendable because the lender waits: one thread at a time uses it.
        nonisolated(unsafe) let lender = lender
        let standIn = startThread { [self] in
            let thread = ThreadState.current
            thread.employer = self
            thread.standIn(for: lender)
            runToEnd(begun, withPermit: false, dispatches: true, thread)
        }
        standIn?.join()
        return standIn != nil
    }

    /// Runs ready jobs on the calling thread, at most `count`.
    func runReady(atMost count: Int, _ thread: ThreadState) {
        for _ in 0..<count {
            guard let begun = state.withLock({ $0.takeJob(.compute) }) else { return }
            runToEnd(begun, withPermit: true, dispatches: true, thread)
        }
    }

    /// Runs a job that the calling thread has taken, with a permit for it or with that of the job
    /// around it, and reports its end.
    /// - Parameter dispatches: whether to see to it that somebody looks for what became ready; a
    ///   thread that looks itself does so.
    func runToEnd(
        _ begun: BegunJob, withPermit: Bool, dispatches: Bool, _ thread: ThreadState
    ) {
        let outcome = run(begun, withPermit: withPermit, on: thread)
        end(begun, outcome, withPermit: withPermit, dispatches: dispatches, thread)
    }

    /// Ends a job that a thread has taken inside another one, and that has not run.
    func fail(_ begun: BegunJob, _ error: EngineError, _ thread: ThreadState) {
        end(begun, .failed(error), withPermit: false, dispatches: true, thread)
    }

    private func end(
        _ begun: BegunJob, _ outcome: Outcome, withPermit: Bool, dispatches: Bool,
        _ thread: ThreadState
    ) {
        willEnd()
        let endedRun = withState { state, wakes in
            defer { if dispatches { state.dispatch(&wakes) } }
            if withPermit { state[begun.job.run.lane].running -= 1 }
            return state.complete(begun.job, outcome, &wakes)
        }
        announce()
        didEnd(endedRun, thread)
    }

    /// Runs a job's body, unless an input is poisoned.
    private func run(
        _ begun: BegunJob, withPermit: Bool, on thread: ThreadState
    ) -> Outcome {
        let job = begun.job
        let start = begun.inherited == nil && recorder.isOn ? recorder.now : 0
        let lane = job.run.lane
        let outcome = thread.within(job, of: self, lane, hasOwnPermit: withPermit) {
            // A waiter that helps is inside calls that the job is no part of.
            CallFrame.hidden { job.run.callBody(of: job, inheriting: begun.inherited) }
        }
        if start != 0 { recorder.record(job, from: start) }
        return outcome
    }

    /// Brackets the end of a job, so that `waitAll` can wait for what its run kept alive, too.
    private func willEnd() { unreleased.wrappingAdd(1, ordering: .relaxed) }

    private func didEnd(_ endedRun: Run?, _ thread: ThreadState) {
        if let endedRun {
            let mistake = thread.outsideJobs {
                CallFrame.hidden { endedRun.releaseVariables() }
            }
            if let mistake { withState { state, _ in state.scheduler.note(mistake, of: endedRun) } }
        }
        unreleased.wrappingSubtract(1, ordering: .releasing)
    }

    /// Waits until the jobs that have ended hold nothing any more. Other threads' jobs may end all the
    /// time, so the wait is bounded.
    func awaitReleases() {
        for _ in 0..<Self.releaseYields where unreleased.load(ordering: .acquiring) != 0 {
            Processor.yield()
        }
    }

    private func spin(while seen: UInt32) {
        for count in 0..<Self.spinCount {
            if signal.load(ordering: .acquiring) != seen { return }
            if count % Self.spinsPerYield == Self.spinsPerYield - 1 { Processor.yield() }
        }
    }

    /// Sleeps until woken, and tells when nothing moves meanwhile.
    func park(_ parker: Parker, _ goal: Goal?) {
        if case .stop? = goal { return parker.park() }
        guard let seconds = reportsStallsAfter else { return parker.park() }
        var seen: UInt64?
        while !parker.park(seconds: seconds) {
            let report = state.withLock { state -> String? in
                defer { seen = state.scheduler.completedCount }
                return seen == state.scheduler.completedCount ? state.scheduler.report() : nil
            }
            if let report {
                StandardError.write(
                    "braid: no job has ended for \(seconds) s; in flight:\n" + report)
            }
        }
    }

    // MARK: Orphaned bytes

    func addOrphanedBytes(_ count: Int) { orphanedBytes.add(count) }
    func removeOrphanedBytes(_ count: Int) { orphanedBytes.add(-count) }

    // MARK: Stopping

    /// Whether the calling thread runs one of the engine's jobs or is one of its workers.
    var isInside: Bool {
        let thread = ThreadState.current
        return thread.jobAround(of: self) != nil || thread.employer === self
    }

    /// Runs what is queued, ends the workers. A later push starts new ones.
    /// - Precondition: not inside.
    func stop() {
        let root = state.withLock { $0.scheduler.rootCount }
        help(until: .roots(upTo: root), ThreadState.current)
        awaitReleases()
        while !endWorkers() { Processor.yield() }
    }

    /// The last reference to the engine went on one of its own threads, which cannot wait for
    /// itself: the workers end by themselves after the last job.
    func abandon() {
        withState { state, wakes in
            state.isStopping = true
            state.isAbandoned = true
            for worker in state.takeWorkers() { worker.detach() }
            state.wakeIdle(&wakes)
        }
    }

    /// Tells the workers to end, and waits for those that have started.
    /// - Returns: whether none is left.
    private func endWorkers() -> Bool {
        let workers = withState { state, wakes in
            state.isStopping = state.workerCount > 0
            state.wakeIdle(&wakes)
            return state.takeWorkers()
        }
        announce()
        for worker in workers { worker.join() }
        return state.withLock { state in
            if state.workerCount == 0, state.hasNoWorkers { state.isStopping = false }
            return !state.isStopping
        }
    }
}

extension PoolState {
    /// A thread has found no more pieces of a split job.
    fileprivate mutating func leave(_ region: Region, _ wakes: inout Wakes) {
        self[.compute].running -= 1
        let left = region.helpers.wrappingSubtract(1, ordering: .acquiringAndReleasing)
        if left.newValue == 0 { wakes.parkers.append(region.owner) }
    }

    fileprivate mutating func nextStep(
        _ goal: Goal, _ lane: Lane, takesWork: Bool, hasSpun: Bool, _ parker: Parker
    ) -> Core.Step {
        if isReached(goal) { return .reached }
        guard takesWork else {
            sleep(parker, goal, lane, takesWork: false)
            return .park
        }
        if let begun = takeJob(lane) { return .run(begun) }
        if lane == .compute {
            if let region = takeRegion() { return .help(region) }
            // One thread at a time spins, and only where it could work.
            if !hasSpun, self[lane].searchers == 0, self[lane].hasPermit {
                self[lane].searchers += 1
                parker.wokenForWork = true
                return .spin
            }
        }
        sleep(parker, goal, lane, takesWork: true)
        return .park
    }
}
