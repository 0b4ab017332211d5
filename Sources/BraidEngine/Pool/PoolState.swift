import BraidPlatform
import Synchronization

/// Everything under the engine's lock: the scheduler and the threads of each lane.
struct PoolState: Sendable {
    /// Jobs of the `io` lane that run at a time. Enough for any number of readers that make sense on one
    /// machine; a thread starts only when all others are busy.
    private static let ioPermits = 32

    /// Jobs in flight for each thread up to which `cachedBytes` does not count: so many that no thread runs
    /// out of work while a blocked push wakes up, some ten microseconds.
    private static let jobsAheadPerThread = 4

    var scheduler: Scheduler
    let limits: Engine.Limits
    private var compute: LanePool
    private var io: LanePool

    /// Threads that wait for jobs to end.
    var waits: [Wait] = []
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
    /// Threads that the system did not give.
    var refusedThreadCount: UInt64 = 0

    /// - Parameter hasWorkers: whether the engine has threads of its own.
    init(
        _ policy: SchedulingPolicy, threads: Int, limits: Engine.Limits, hasWorkers: Bool,
        orphanedBytes: OrphanedBytes, engine: UInt32
    ) {
        scheduler = Scheduler(policy, engine: engine, hasThreadsForIO: hasWorkers)
        self.limits = limits
        self.orphanedBytes = orphanedBytes
        compute = LanePool(.compute, permits: threads, hasWorkers: hasWorkers)
        io = LanePool(.io, permits: Self.ioPermits, hasWorkers: hasWorkers)
    }

    /// The threads of a lane.
    @inline(__always) subscript(lane: Lane) -> LanePool {
        _read {
            switch lane {
            case .compute: yield compute
            case .io: yield io
            }
        }
        _modify {
            switch lane {
            case .compute: yield &compute
            case .io: yield &io
            }
        }
    }

    /// Threads of the engine.
    var workerCount: Int { compute.workerCount + io.workerCount }

    /// Whether no thread is left to join.
    var hasNoWorkers: Bool { compute.workers.isEmpty && io.workers.isEmpty }

    /// Hands over the threads that somebody is to join or to detach.
    mutating func takeWorkers() -> [WorkerThread] {
        defer {
            compute.workers = []
            io.workers = []
        }
        return compute.workers + io.workers
    }

    /// Lets all threads that would take work see that the engine stops.
    func wakeIdle(_ wakes: inout Wakes) { wakes.parkers += compute.idle + io.idle }

    /// Whether a run may be admitted: there is room for all its jobs, or nothing else is in flight.
    func admits(_ run: Run) -> Bool {
        if scheduler.inFlight.jobCount == 0 { return true }
        let bytes = bytesKeptAlive
        return scheduler.inFlight.jobCount + run.jobCount <= limits.jobs
            && bytes + run.byteCount <= limits.bytes
            && (bytes <= limits.cachedBytes || isShortOfJobs(below: Self.jobsAheadPerThread))
    }

    /// Whether a blocked push may go on: at half of the bounds, so that it does not block again at
    /// once.
    private func admitsAgain(_ run: Run) -> Bool {
        if scheduler.inFlight.jobCount == 0 { return true }
        let bytes = bytesKeptAlive
        return scheduler.inFlight.jobCount <= limits.jobs / 2
            && bytes + run.byteCount <= limits.bytes / 2 && admits(run)
            && (bytes <= limits.cachedBytes / 2
                || isShortOfJobs(below: Self.jobsAheadPerThread / 2))
    }

    private var bytesKeptAlive: Int { scheduler.inFlight.byteCount + orphanedBytes.count }

    private func isShortOfJobs(below jobsPerThread: Int) -> Bool {
        scheduler.inFlight.computeJobCount <= jobsPerThread * compute.permits
    }

    func isReached(_ goal: Goal) -> Bool {
        switch goal {
        case .end(let target): target.isReached
        case .roots(let root): scheduler.inFlight.first { $0.order.root <= root } == nil
        case .admission(let run): admitsAgain(run)
        case .stop: isStopping && scheduler.inFlight.jobCount == 0
        }
    }

    /// Takes the next job of a lane for the calling thread, with a permit.
    mutating func takeJob(_ lane: Lane) -> BegunJob? {
        guard self[lane].hasPermit, let job = scheduler.takeReady(lane) else { return nil }
        self[lane].running += 1
        return begin(job)
    }

    /// Takes the last of a list of jobs, which somebody else may have taken meanwhile, that can run on a lane.
    mutating func beginLast(of candidates: inout [Job], _ lane: Lane) -> BegunJob? {
        while let job = candidates.popLast() {
            guard job.run[job.index].isReady, job.run.lane == lane else { continue }
            scheduler.takeReady(job)
            return begin(job)
        }
        return nil
    }

    func begin(_ job: Job) -> BegunJob {
        job.run.change(job.index) { $0.begin() }
        return BegunJob(job: job, inherited: scheduler.inheritedPoison(of: job))
    }

    /// Takes a part in a split job, with a permit to compute.
    mutating func takeRegion() -> Region? {
        guard compute.hasPermit, let region = regions.first(where: { $0.hasPieces }) else {
            return nil
        }
        compute.running += 1
        region.helpers.wrappingAdd(1, ordering: .relaxed)
        return region
    }

    /// Ends a job and wakes who waited for that.
    /// - Returns: the run, if that was its last job.
    mutating func complete(_ job: Job, _ outcome: Outcome, _ wakes: inout Wakes) -> Run? {
        scheduler.complete(job, outcome)
        if !compute.canStart || !io.canStart { letThreadsStart() }
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
        if isStopping, scheduler.inFlight.jobCount == 0 { wakeIdle(&wakes) }
        return run.openJobs == 0 ? run : nil
    }

    /// After anything that may have made work: sees to it that somebody looks for it.
    mutating func dispatch(_ wakes: inout Wakes) {
        compute.wakeResuming(&wakes)
        io.wakeResuming(&wakes)
        if io.isOutOfThreads, scheduler.hasReady(.io) {
            // Its jobs are for others now, of whom some may sleep in waits.
            scheduler.setThreadsForIO(false)
            compute.wakeBlocked(&wakes)
        }
        if scheduler.hasReady(.compute) || !regions.isEmpty && regions.contains(where: \.hasPieces)
        {
            compute.call(&wakes)
        }
        if scheduler.hasReady(.io) { io.call(&wakes) }
    }

    /// A thread of a lane cannot be started: without threads to spare the engine works on with those that
    /// it has.
    mutating func doWithoutWorker(_ lane: Lane, _ wakes: inout Wakes) {
        refusedThreadCount += 1
        self[lane].workerCount -= 1
        self[lane].searchers -= 1
        self[lane].canStart = false
        self[lane].wakeBlocked(&wakes)
        dispatch(&wakes)
    }

    /// A job has ended, and with it perhaps a thread elsewhere: threads may be started again.
    private mutating func letThreadsStart() {
        compute.canStart = true
        io.canStart = true
        scheduler.setThreadsForIO(true)
    }

    /// Takes a thread out of all lists that it sleeps in.
    mutating func leave(_ parker: Parker, _ goal: Goal, _ lane: Lane) {
        self[lane].idle.removeAll { $0 === parker }
        self[lane].standingBy.removeAll { $0 === parker }
        switch goal {
        case .end(let target): target.run.waiters.removeAll { $0.parker === parker }
        case .roots: drainers.removeAll { $0.parker === parker }
        case .admission: pushers.removeAll { $0.parker === parker }
        case .stop: break
        }
    }

    /// Puts a thread into the lists of those who would take a lane's work and of those who wait for `goal`.
    /// - Parameter takesWork: whether the thread would take work at all.
    mutating func sleep(_ parker: Parker, _ goal: Goal, _ lane: Lane, takesWork: Bool) {
        if takesWork {
            self[lane].idle.append(parker)
        } else {
            self[lane].standingBy.append(parker)
        }
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
