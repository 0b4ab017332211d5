import Synchronization

/// Everything under the engine's lock: the scheduler and who works, sleeps and waits.
///
/// A thread may run compute jobs only while it holds one of `threads` permits. At most one thread at
/// a time is on its way to find work (`searchers`); it wakes the next when it finds more than it
/// takes, so that a push wakes one thread and never all.
struct PoolState: Sendable {
    var scheduler: Scheduler
    let threads: Int
    let limits: Engine.Limits
    /// Whether the pool has threads of its own.
    let hasWorkers: Bool

    /// Permits in use.
    var running = 0
    /// Threads inside jobs that wait for a permit to go on; they come before new jobs.
    var resuming: [Parker] = []
    /// Threads that would take work, the last to sleep first.
    var idle: [Parker] = []
    /// Threads that are awake and about to look for work.
    var searchers = 0
    var workers: [WorkerThread] = []
    var workerCount = 0
    /// Threads inside jobs that gave their permit away, each replaced by a stand-in.
    var sleepersInJobs = 0
    /// Those of them that have not been woken.
    var blocked: [Parker] = []
    var regions: [Region] = []
    var drainers: [(root: UInt64, parker: Parker)] = []
    var pushers: [(run: Run, parker: Parker)] = []
    var isStopping = false
    /// Whether nobody will join the workers.
    var isAbandoned = false
    /// Bytes of storages that only jobs keep alive.
    let orphanedBytes: OrphanedBytes

    /// Pushes that had to wait for room.
    var backPressureCount: UInt64 = 0

    var hasPermit: Bool { running + resuming.count < threads }

    /// Whether a run may be admitted: there is room for all its jobs, or nothing else is in flight.
    func admits(_ run: Run) -> Bool {
        if scheduler.inFlight.jobCount == 0 { return true }
        let bytes = scheduler.inFlight.byteCount + orphanedBytes.count
        return scheduler.inFlight.jobCount + run.jobCount <= limits.jobs
            && bytes + run.byteCount <= limits.bytes
    }

    /// Whether a blocked push may go on: at half of the bound, so that it does not block again at
    /// once.
    private func admitsAgain(_ run: Run) -> Bool {
        if scheduler.inFlight.jobCount == 0 { return true }
        let bytes = scheduler.inFlight.byteCount + orphanedBytes.count
        return scheduler.inFlight.jobCount <= limits.jobs / 2
            && bytes + run.byteCount <= limits.bytes / 2 && admits(run)
    }

    func isReached(_ goal: Goal) -> Bool {
        switch goal {
        case .end(let target): target.isReached
        case .roots(let root): scheduler.inFlight.first { $0.order.root <= root } == nil
        case .admission(let run): admitsAgain(run)
        case .stop: isStopping && scheduler.inFlight.jobCount == 0
        }
    }

    /// Takes the next job for the calling thread, with a permit.
    mutating func takeJob() -> BegunJob? {
        guard hasPermit, let job = scheduler.ready.removeNext() else { return nil }
        running += 1
        return begin(job)
    }

    func begin(_ job: Job) -> BegunJob {
        job.run.change(job.index) { $0.begin() }
        return BegunJob(job: job, inherited: scheduler.inheritedPoison(of: job))
    }

    /// Takes a part in a split job, with a permit.
    mutating func takeRegion() -> Region? {
        guard hasPermit, let region = regions.first(where: { $0.hasPieces }) else { return nil }
        running += 1
        region.helpers.wrappingAdd(1, ordering: .relaxed)
        return region
    }

    /// Ends a job and wakes who waited for that.
    /// - Returns: the run, if that was its last job.
    mutating func complete(_ job: Job, _ outcome: Outcome, _ wakes: inout Wakes) -> Run? {
        scheduler.complete(job, outcome)
        let run = job.run
        if !run.waiters.isEmpty {
            wakes.parkers += run.waiters.filter(\.target.isReached).map(\.parker)
            run.waiters.removeAll(where: \.target.isReached)
        }
        if !drainers.isEmpty {
            let done = drainers.filter { isReached(.roots(upTo: $0.root)) }
            wakes.parkers += done.map(\.parker)
            for drainer in done { drainers.removeAll { $0.parker === drainer.parker } }
        }
        if let pusher = pushers.first, admitsAgain(pusher.run) {
            wakes.parkers.append(pushers.removeFirst().parker)
        }
        if isStopping, scheduler.inFlight.jobCount == 0 {
            wakes.parkers += idle
        }
        return run.openJobs == 0 ? run : nil
    }

    /// After anything that may have made work: sees to it that somebody looks for it.
    mutating func dispatch(_ wakes: inout Wakes) {
        if !resuming.isEmpty, running < threads { wakes.parkers.append(resuming[0]) }
        if scheduler.ready.isEmpty, regions.isEmpty { return }
        guard hasPermit, searchers == 0,
            !scheduler.ready.isEmpty || regions.contains(where: \.hasPieces)
        else { return }
        if let parker = idle.popLast() {
            parker.wokenForWork = true
            searchers += 1
            wakes.parkers.append(parker)
        } else if hasWorkers, workerCount < threads + sleepersInJobs {
            workerCount += 1
            searchers += 1
            wakes.newWorkers += 1
        } else {
            wakeBlocked(&wakes)
        }
    }

    /// Lets threads that sleep inside jobs look whether what is ready is for them. Needed only where
    /// nobody else could run it; with stand-ins they sleep until what they wait for has ended.
    mutating func wakeBlocked(_ wakes: inout Wakes) {
        wakes.parkers += blocked
        blocked = []
    }

    /// The calling thread is awake and has the lock.
    mutating func arrive(_ parker: Parker) {
        if parker.wokenForWork {
            parker.wokenForWork = false
            searchers -= 1
        }
    }

    /// Takes a thread out of all lists that it sleeps in.
    mutating func leave(_ parker: Parker, _ goal: Goal) {
        idle.removeAll { $0 === parker }
        switch goal {
        case .end(let target): target.run.waiters.removeAll { $0.parker === parker }
        case .roots: drainers.removeAll { $0.parker === parker }
        case .admission: pushers.removeAll { $0.parker === parker }
        case .stop: break
        }
    }

    /// Puts a thread into the lists of those who would take work and of those who wait for `goal`.
    mutating func sleep(_ parker: Parker, _ goal: Goal) {
        idle.append(parker)
        switch goal {
        case .end(let target): target.run.waiters.append((target, parker))
        case .roots(let root): drainers.append((root, parker))
        case .admission(let run): pushers.append((run, parker))
        case .stop: break
        }
    }
}

/// A job that a thread has taken.
struct BegunJob: Sendable {
    let job: Job
    /// The failure that the job inherits instead of running.
    let inherited: Poison?
}

/// Who is to be woken or started once the lock is free.
struct Wakes: Sendable {
    var parkers: [Parker] = []
    var newWorkers = 0
}
