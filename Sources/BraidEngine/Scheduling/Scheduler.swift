import Synchronization

/// The dependency rules, without threads: which jobs wait for which, what is ready, what is
/// poisoned. All calls happen under the engine's lock.
///
/// Every variable has a queue of entries, one for each grip that a run wants. Readers at its head
/// are granted together, a writer alone. A job is ready when the grips that it waits for are granted
/// and its predecessors in its own run, if that is a program, have ended. Inline accesses hold back
/// the head of the queue through the variable's word.
struct Scheduler: Sendable {
    private(set) var entries = EntryTable()
    private(set) var inFlight = RunsInFlight()
    /// Jobs of the compute lane, and all others where those have no threads of their own.
    var ready: ReadyQueue
    private var readyForIO: ReadyQueue
    private var hasThreadsForIO: Bool
    var pushCount: UInt64 = 0
    /// The number of jobs pushed from outside jobs.
    var rootCount: UInt64 = 0
    /// Nested jobs in the order of their pushes.
    var places = OrderTable()
    let returnedPlaces: ReturnedPlaces
    private let engine: UInt32
    private(set) var completedCount: UInt64 = 0
    private(set) var skippedCount: UInt64 = 0
    /// The earliest pushed failure that no `waitAll` has reported.
    private var unreported: Poison?
    /// The number of failures that no `waitAll` has reported.
    private var unreportedCount = 0

    init(_ policy: SchedulingPolicy, engine: UInt32, hasThreadsForIO: Bool) {
        self.engine = engine
        returnedPlaces = ReturnedPlaces(engine: engine)
        ready = ReadyQueue(policy)
        readyForIO = ReadyQueue(policy)
        self.hasThreadsForIO = hasThreadsForIO
    }

    /// Claims all variables of a run for this engine, or none.
    /// - Returns: those that another engine uses, with that engine.
    func claimVariables(of run: Run) -> [VariableInUse] {
        let grips = run.grips.elements
        var foreign: [VariableInUse] = []
        for grip in grips {
            if let other = grip.variable.claim(by: engine, toWrite: grip.access.isExclusive) {
                foreign.append(VariableInUse(variable: grip.variable, engine: other))
            }
        }
        if foreign.isEmpty { return [] }
        for grip in grips where !foreign.contains(where: { $0.variable === grip.variable }) {
            grip.variable.giveUpClaim()
        }
        return foreign
    }

    /// Puts a run at the end of the queues of all its variables, which are claimed.
    mutating func push(_ run: Run, from parent: Job?) {
        setOrder(of: run, from: parent)
        inFlight.append(run)
        let count = run.grips.elements.count
        for grip in 0..<count {
            let variable = run.grips.elements[grip].variable
            let isExclusive = run.grips.elements[grip].access.isExclusive
            run.grips.elements[grip].entry = entries.append(
                Entry(run: run, variable: variable, grip: grip, isExclusive: isExclusive))
        }
        for grip in 0..<count { grant(run.grips.elements[grip].variable) }
        if let program = run.program {
            for index in program.free { makeReady(run, index) }
        } else if count == 0 {
            makeReady(run, 0)
        }
    }

    /// What a ready job inherits instead of running: of its poisoned inputs the failure that was
    /// pushed first.
    func inheritedPoison(of job: Job) -> Poison? {
        let run = job.run
        guard run.maySkip else { return nil }
        var earliest: Poison?
        for position in run.uses(of: job.index) {
            let use = run.use(at: position)
            if use.access.reads {
                earliest = self.earliest(
                    earliest, run.grips.elements[use.grip].variable.poison)
            }
        }
        if let program = run.program, !run.slotPoisons.isEmpty {
            for use in program.slotUses[job.index] where use.access.reads {
                earliest = self.earliest(earliest, run.slotPoisons[use.slot])
            }
        }
        return earliest
    }

    /// Ends a job: its variables pass on to the next in their queues when it was the last of its run
    /// to use them, and its successors in the run become ready.
    mutating func complete(_ job: Job, _ outcome: Outcome) {
        let run = job.run
        var poison: Poison?
        switch outcome {
        case .succeeded: break
        case .failed(let error):
            let failure = failure(of: job, error)
            note(failure, of: run)
            poison = failure
        case .inherited(let inherited):
            skippedCount += 1
            poison = inherited
        }
        completedCount += 1
        run.change(job.index) { $0.end() }
        for position in run.uses(of: job.index) {
            let use = run.use(at: position)
            if use.access.writes {
                let variable = run.grips.elements[use.grip].variable
                if poison == nil || !use.access.keeps {
                    replacePoison(of: variable, by: poison, run)
                }
                if poison == nil { variable.countWrite() }
            }
            run.grips.elements[use.grip].openUses -= 1
            if run.grips.elements[use.grip].openUses == 0 { release(run.grips.elements[use.grip]) }
        }
        if let program = run.program {
            if poison != nil || !run.slotPoisons.isEmpty { setSlots(of: program, job, to: poison) }
            for position in program.successors.range(job.index) {
                countDown(run, Int(program.successors.elements[position]))
            }
        }
        inFlight.removeJob(of: run)
        if run.openJobs == 0 { returnPlaces(of: run) }
    }

    /// The outcome of a job for the inner values that it writes.
    private func setSlots(of program: Program, _ job: Job, to poison: Poison?) {
        let run = job.run
        if run.slotPoisons.isEmpty {
            run.slotPoisons = ContiguousArray(repeating: nil, count: program.innerSlotCount)
        }
        if poison != nil { run.maySkip = true }
        for use in program.slotUses[job.index]
        where use.access.writes && (poison == nil || !use.access.keeps) {
            if let known = run.slotPoisons[use.slot] { run.displaced.append(known) }
            run.slotPoisons[use.slot] = poison
        }
    }

    /// Code that ran because variables of an ended run died made a mistake.
    mutating func note(_ mistake: any Error, of run: Run) {
        let error = EngineError(jobFailed: run.label, mistake)
        let order = PushOrder(root: run.order.root)
        note(Poison(error: error, order: order, of: returnedPlaces), of: run)
    }

    /// Takes the failure to report out.
    mutating func takeUnreported() -> EngineError? {
        guard let failure = unreported.take() else { return nil }
        defer { unreportedCount = 0 }
        return failure.error.first(of: unreportedCount)
    }

    private mutating func note(_ failure: Poison, of run: Run) {
        unreportedCount += 1
        if let known = unreported {
            guard precedes(failure, known) else {
                run.displaced.append(failure)
                return
            }
            run.displaced.append(known)
        }
        unreported = failure
    }

    /// - Parameter run: takes over the poison that was there, which must not die under the lock.
    func replacePoison(of variable: Variable, by poison: Poison?, _ run: Run?) {
        let isPoisoned = variable.word.load(ordering: .relaxed) & VariableWord.poisoned != 0
        if poison == nil, !isPoisoned { return }
        if let known = variable.poison { run?.displaced.append(known) }
        variable.poison = poison
        if poison == nil {
            variable.word.bitwiseAnd(~VariableWord.poisoned, ordering: .relaxed)
        } else {
            variable.word.bitwiseOr(VariableWord.poisoned, ordering: .relaxed)
        }
    }

    /// Takes a grip that nothing uses any more out of its variable's queue.
    private mutating func release(_ grip: Grip) {
        let variable = grip.variable
        entries.remove(grip.entry)
        if grip.access.isExclusive {
            variable.queue.hasGrantedWriter = false
            if variable.queue.lastWriter == EntryTable.none {
                variable.word.bitwiseAnd(
                    ~VariableWord.writeQueued, ordering: .acquiringAndReleasing)
            }
        } else {
            variable.queue.grantedReaders -= 1
        }
        grant(variable)
        if variable.queue.isEmpty {
            variable.word.bitwiseAnd(
                ~(VariableWord.queued | VariableWord.engine), ordering: .acquiringAndReleasing)
        }
    }

    /// Grants what stands first in a variable's queue, as far as the rules allow; jobs that then
    /// wait for nothing more become ready.
    mutating func grant(_ variable: Variable) {
        while variable.queue.firstWaiting != EntryTable.none {
            let position = variable.queue.firstWaiting
            let entry = entries[position]
            let inline = variable.word.load(ordering: .acquiring)
            if variable.queue.hasGrantedWriter || inline & VariableWord.writing != 0 { return }
            if entry.isExclusive {
                if variable.queue.grantedReaders != 0 || inline & VariableWord.readers != 0 {
                    return
                }
                variable.queue.hasGrantedWriter = true
            } else {
                variable.queue.grantedReaders += 1
            }
            entries[position].isGranted = true
            variable.queue.firstWaiting = entry.next
            let run = entry.run
            if inline & VariableWord.poisoned != 0 { run.maySkip = true }
            if let program = run.program {
                for position in program.gated.range(entry.grip) {
                    countDown(run, Int(program.gated.elements[position]))
                }
            } else {
                countDown(run, 0)
            }
        }
    }

    /// A job waits for one thing less.
    @inline(__always)
    private mutating func countDown(_ run: Run, _ index: Int) {
        let isReady = run.change(index) { state in
            state.missing -= 1
            return state.isReady
        }
        if isReady { makeReady(run, index) }
    }

    // MARK: Ready jobs

    @inline(__always)
    private mutating func makeReady(_ run: Run, _ index: Int) {
        if run.lane == .io {
            if hasThreadsForIO { return readyForIO.insert(run, index) }
            run.lane = .compute
        }
        ready.insert(run, index)
    }

    func hasReady(_ lane: Lane) -> Bool {
        switch lane {
        case .compute: !ready.isEmpty
        case .io: !readyForIO.isEmpty
        }
    }

    /// Takes the job of a lane that the policy chooses.
    mutating func takeReady(_ lane: Lane) -> Job? {
        switch lane {
        case .compute: ready.removeNext()
        case .io: readyForIO.removeNext()
        }
    }

    /// Jobs of a lane, which are ready, the one that is to be taken next last.
    mutating func sortedForTaking(_ jobs: [Job], _ lane: Lane) -> [Job] {
        let jobs = jobs.filter { $0.run.lane == lane }
        return switch lane {
        case .compute: ready.sortedForTaking(jobs)
        case .io: readyForIO.sortedForTaking(jobs)
        }
    }

    /// Takes a job that is ready.
    mutating func takeReady(_ job: Job) {
        switch job.run.lane {
        case .compute: ready.remove(job)
        case .io: readyForIO.remove(job)
        }
    }

    /// Whether the system has threads for the io lane; while it has none, the lane's jobs go to the others.
    mutating func setThreadsForIO(_ areThere: Bool) {
        hasThreadsForIO = areThere
        if areThere { return }
        while let job = readyForIO.removeNext() { makeReady(job.run, job.index) }
    }
}
