import BraidPlatform
import Synchronization

/// What one push hands over: a plain job, or a program with all its inner jobs. Made at push,
/// dropped after the end of its last job; whatever the body captured goes with it.
///
/// A plain job is a run of one job that uses each of the run's grips.
final class Run: @unchecked Sendable {
    enum Body: Sendable {
        /// Skipped when an input is poisoned.
        case work(@Sendable () throws -> Void)
        /// One body for all jobs of a program, by their numbers; skipped alike.
        case program(@Sendable (Int) throws -> Void)
        /// Told of the poison instead.
        case observer(@Sendable (EngineError?) -> Void)
    }

    // Sendable because constants are Sendable, `openBodies` is atomic, `body` changes only when
    // nobody calls it any more, and everything else is touched under the engine's lock.
    let label: String
    /// On whose behalf the jobs run: of a program its label.
    let owner: String?
    /// What the body takes over from the push.
    let context: JobContext
    let program: Program?
    let priority: Int
    /// Where the jobs run; under the engine's lock until they are taken, and then constant.
    @exclusivity(unchecked) var lane: Lane
    /// Whether the push asked for the io lane.
    let countsAsIO: Bool
    /// Whether the body is told of failures instead of being skipped.
    let isObserver: Bool
    /// Bytes of memory that the jobs will ask for, for back-pressure.
    let byteCount: Int
    private var body: Body?
    /// Jobs that have not called the body to its end.
    private let openBodies: Atomic<Int>

    // Under the engine's lock.
    @exclusivity(unchecked) var grips: GripList
    /// Of the first job; the others follow. Without its place when a failure took that over.
    var order = PushOrder(root: 0)
    /// The end of what the jobs of a nested run push; none for other runs.
    var endPlace = OrderTable.none
    /// Of jobs whose places cannot be told from the run's: where what they push begins and ends; by job.
    var marks: [(job: Int, begin: Int, end: Int)] = []
    /// Of the first job; the others follow.
    var sequence: UInt64 = 0
    /// Position in the table of runs in flight.
    var slot = -1
    /// Jobs that have not ended.
    @exclusivity(unchecked) var openJobs: Int
    @exclusivity(unchecked) private var onlyState = JobState(missing: 0)
    @exclusivity(unchecked) private var states: ContiguousArray<JobState> = []
    /// Whether any input of any job may be poisoned.
    @exclusivity(unchecked) var maySkip = false
    /// The failures of a program's inner values, by slot; empty before the first.
    var slotPoisons: ContiguousArray<Poison?> = []
    /// What jobs wait for inside their bodies, once per thread that runs a part of one.
    var awaited: [(index: Int, target: Target)] = []
    /// Threads to wake at the end of the run or at the release of a grip.
    @exclusivity(unchecked) var waiters: [(target: Target, parker: Parker)] = []
    /// What the jobs displaced under the lock and what must not die there, because its end may run
    /// code of the user: it goes with the run.
    var displaced: [any AnyObject & Sendable] = []

    /// A plain job.
    init(
        _ label: String, _ grips: GripList, priority: Int, lane: Lane = .compute, byteCount: Int,
        body: Body, owner: String? = nil, context: JobContext
    ) {
        self.label = label
        self.owner = owner ?? context.owner
        self.context = context
        self.grips = grips
        self.priority = priority
        self.lane = lane
        countsAsIO = lane == .io
        isObserver = if case .observer = body { true } else { false }
        self.byteCount = byteCount
        self.body = body
        program = nil
        openJobs = 1
        openBodies = Atomic(1)
        onlyState.missing = Int32(grips.elements.count)
    }

    /// A program on the variables that its externals stand for.
    init(
        _ label: String, _ program: Program, _ externals: [Variable], byteCount: Int,
        context: JobContext, _ body: @escaping @Sendable (Int) throws -> Void
    ) {
        self.label = label
        owner = label
        self.context = context
        self.program = program
        priority = 0
        lane = .compute
        countsAsIO = false
        isObserver = false
        self.byteCount = byteCount
        self.body = .program(body)
        grips = GripList(program, externals)
        openJobs = program.jobCount
        openBodies = Atomic(program.jobCount)
        states = program.initialStates
    }

    var jobCount: Int { program?.jobCount ?? 1 }
    /// Whether a job pushed the run.
    var isNested: Bool { endPlace != OrderTable.none }
    /// The number of the last push from outside that the run stands for or goes back to.
    var lastRoot: UInt64 { isNested ? order.root : order.root + UInt64(jobCount - 1) }

    /// Where a job's mark is, or belongs.
    func markPosition(of job: Int) -> (position: Int, isThere: Bool) {
        var (low, high) = (0, marks.count)
        while low < high {
            let middle = (low + high) / 2
            if marks[middle].job < job { low = middle + 1 } else { high = middle }
        }
        return (low, low < marks.count && marks[low].job == job)
    }

    /// The state of a job.
    subscript(index: Int) -> JobState { program == nil ? onlyState : states[index] }

    /// Changes the state of a job; a closure, as an accessor would be a coroutine at every call.
    @inline(__always)
    func change<R>(_ index: Int, _ body: (inout JobState) -> R) -> R {
        program == nil ? body(&onlyState) : body(&states[index])
    }

    /// Positions of a job's uses of grips, for `use(at:)`.
    @inline(__always)
    func uses(of index: Int) -> Range<Int> {
        program?.uses.range(index) ?? 0..<grips.elements.count
    }

    /// What one job does with one grip.
    @inline(__always)
    func use(at position: Int) -> Program.Use {
        program?.uses.elements[position]
            ?? Program.Use(grip: position, access: grips.elements[position].access)
    }

    /// Whether the run has let go of a grip.
    func hasReleased(_ grip: Int) -> Bool { grips.elements[grip].openUses == 0 }

    /// The jobs that use a grip and have not ended.
    func openJobs(using grip: Int) -> [Job] {
        let users = program.map { Array($0.users[grip]) } ?? [0]
        return users.filter { !self[Int($0)].hasEnded }.map { Job(run: self, index: Int($0)) }
    }

    /// What stands for the body when the run is refused.
    func refusal(_ error: EngineError) -> Body {
        guard case .observer(let observer) = body else { return .work { throw error } }
        return .work { observer(error) }
    }

    /// One thread less waits inside a job.
    func removeWait(of index: Int, for target: Target) {
        awaited.remove(
            at: awaited.firstIndex {
                $0.index == index && $0.target.run === target.run && $0.target.grip == target.grip
            }!)
    }

    /// On whose behalf the jobs' code pushes others.
    private var codeOwner: String? { program == nil ? owner : nil }

    /// Lets go of the variables, and of what must not die under the lock.
    /// - Precondition: the run has ended, and the caller ran its last job.
    /// - Returns: the first mistake of code that ran because something died.
    func releaseVariables() -> (any Error)? {
        context.run(owner: codeOwner) {
            grips = GripList()
            slotPoisons = []
            displaced = []
        }.mistake
    }

    /// Calls the body for a job, unless an input is poisoned. The last call lets go of what the body
    /// captured: what dies with that does so as part of the job.
    func callBody(of job: Job, inheriting poison: Poison?) -> Outcome {
        let (outcome, mistake) = context.run(owner: codeOwner) {
            let outcome = call(job, poison)
            if program == nil
                || openBodies.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0
            {
                body = nil
            }
            return outcome
        }
        if let mistake, poison == nil { return .failed(EngineError(jobFailed: job.label, mistake)) }
        return outcome
    }

    /// Holds the body on its own, so that nothing is left of that when it returns.
    @inline(never)
    private func call(_ job: Job, _ inherited: Poison?) -> Outcome {
        if case .observer(let observer) = body! {
            observer(inherited?.error)
            return .succeeded
        }
        if let inherited { return .inherited(inherited) }
        do {
            switch body! {
            case .work(let work): try work()
            case .program(let work): try work(job.index)
            case .observer: break
            }
        } catch {
            return .failed(EngineError(jobFailed: job.label, error))
        }
        return .succeeded
    }
}

/// The end of a run, or of its hold on one variable.
struct Target: Sendable {
    let run: Run
    /// The number of the grip; nil for the end of the run.
    let grip: Int?

    /// Under the engine's lock.
    var isReached: Bool {
        if run.openJobs == 0 { return true }
        return grip.map { run.hasReleased($0) } ?? false
    }

    /// The jobs that stand in the way.
    var openJobs: [Job] {
        if isReached { return [] }
        if let grip { return run.openJobs(using: grip) }
        return (0..<run.jobCount).filter { !run[$0].hasEnded }.map { Job(run: run, index: $0) }
    }
}
