import BraidPlatform

/// The threads of one lane, under the engine's lock: who works, sleeps and waits there.
///
/// A thread may run the lane's jobs only while it holds one of its permits. At most one thread at a time
/// is on its way to find work (`searchers`); it wakes the next when it finds more than it takes, so that a
/// push wakes one thread and never all.
struct LanePool: Sendable {
    let lane: Lane
    /// Jobs of the lane that may run at a time.
    let permits: Int
    /// Whether the lane has threads of its own.
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
    /// Whether the system may have a thread; after a start that failed nobody tries before a job has ended.
    var canStart = true
    /// Threads that wait for a goal and leave the work to others as long as there are any.
    var standingBy: [Parker] = []
    /// Threads inside jobs that gave their permit away, each replaced by a stand-in.
    var sleepersInJobs = 0
    /// Those of them that have not been woken.
    var blocked: [Parker] = []

    init(_ lane: Lane, permits: Int, hasWorkers: Bool) {
        self.lane = lane
        self.permits = permits
        self.hasWorkers = hasWorkers
    }

    /// Whether threads of the lane's own are there, or could be.
    var hasThreads: Bool { hasWorkers && (workerCount > 0 || canStart) }

    /// Whether all threads of the lane's own wait inside jobs, for what may need another one, and none can be
    /// started.
    var isOutOfThreads: Bool {
        hasWorkers && !canStart && workerCount <= sleepersInJobs && searchers == 0
    }

    var hasPermit: Bool { running + resuming.count < permits }

    /// Lets a thread go on that waits for a permit.
    func wakeResuming(_ wakes: inout Wakes) {
        if !resuming.isEmpty, running < permits { wakes.parkers.append(resuming[0]) }
    }

    /// There is work: sees to it that somebody looks for it.
    mutating func call(_ wakes: inout Wakes) {
        guard hasPermit, searchers == 0 else { return }
        if let parker = idle.popLast() {
            parker.wokenForWork = true
            searchers += 1
            wakes.parkers.append(parker)
        } else if hasWorkers, canStart, workerCount < permits + sleepersInJobs {
            workerCount += 1
            searchers += 1
            wakes.newWorkers.append(lane)
        } else {
            wakeBlocked(&wakes)
        }
    }

    /// Lets threads that sleep inside jobs look whether what is ready is for them. Needed only where
    /// nobody else could run it; with stand-ins they sleep until what they wait for has ended.
    mutating func wakeBlocked(_ wakes: inout Wakes) {
        wakes.parkers += blocked
        blocked = []
        if !hasThreads {
            wakes.parkers += standingBy
            standingBy = []
        }
    }

    /// A thread of the lane is awake and has the lock.
    mutating func arrive(_ parker: Parker) {
        if parker.wokenForWork {
            parker.wokenForWork = false
            searchers -= 1
        }
    }

    /// A thread inside a job goes to sleep: its permit is for others.
    mutating func releasePermit() {
        running -= 1
        sleepersInJobs += 1
    }

    /// A thread that slept inside a job wants its permit back; without one it stands in `resuming`.
    mutating func reclaimPermit(_ parker: Parker) -> Bool {
        blocked.removeAll { $0 === parker }
        resuming.removeAll { $0 === parker }
        guard running < permits else {
            resuming.append(parker)
            return false
        }
        running += 1
        sleepersInJobs -= 1
        return true
    }
}

/// Who is to be woken or started once the lock is free.
struct Wakes: Sendable {
    var parkers: [Parker] = []
    /// A lane for each new thread.
    var newWorkers: [Lane] = []
}
