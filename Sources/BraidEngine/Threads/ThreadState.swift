import BraidPlatform
import Synchronization

/// What the engine knows of a thread: where it sleeps and which job it runs.
final class ThreadState {
    private static let count = Atomic<Int>(0)

    /// A job, or a part of one, on the thread's stack.
    struct Frame {
        let job: Job
        let core: Core
        /// The lane whose permit the job, or the part of it, runs with.
        let lane: Lane
        /// Whether that permit was taken for it; otherwise it is that of a job below.
        let hasOwnPermit: Bool
    }

    /// A permit that a job on the thread's stack runs with.
    struct Permit {
        let core: Core
        let lane: Lane
    }

    let parker = Parker()
    /// Names the thread in records.
    let number = ThreadState.count.wrappingAdd(1, ordering: .relaxed).newValue
    /// The innermost job; nil outside jobs, also where what died with one runs.
    private(set) var innermost: Frame?
    /// Those that it stands on, the innermost last.
    private var outer: [Frame?] = []
    /// The thread for which this one stands in; it waits for this one's end, so that its stack stands below.
    private var lender: ThreadState?
    /// The frames that split what runs here.
    private var suspended: [JobFrame] = []
    /// How many calls on the thread's stack keep it from helping.
    var heldBack = 0
    /// The last run for which there was no room when the thread pushed it, because it held back; it waits for
    /// that room once it does not.
    var overdue: (core: Core, run: Run)?
    /// The engine that the thread works for, which it keeps alive; nil for threads of the user.
    unowned(unsafe) var employer: Core?

    private static let local = ThreadLocal()

    /// The state of the calling thread, made at its first use.
    static var current: ThreadState { local.object { ThreadState() } }

    /// How many jobs, parts of jobs, and ends of jobs stand on the thread's stack.
    private(set) var depth = 0

    /// What runs on the thread now.
    var frame: JobFrame { JobFrame(thread: number, depth: depth) }

    /// Whether the thread may take on jobs while it waits outside those of the engine.
    var takesWork: Bool { heldBack == 0 && depth < Core.helpDepth }

    /// Whether what died with a job runs.
    var isAtEndOfJob: Bool { depth > 0 && innermost == nil }

    /// The innermost job, if it is one of `core`.
    func job(of core: Core) -> Job? {
        if let innermost, innermost.core === core { innermost.job } else { nil }
    }

    /// The innermost job of `core` that stands on the stack: it ends after all that the thread does now, also
    /// where that is a job of another engine.
    func jobAround(of core: Core) -> Frame? {
        if let innermost, innermost.core === core { return innermost }
        if let frame = outer.last(where: { $0?.core === core }) { return frame }
        return lender?.jobAround(of: core)
    }

    /// The jobs on the stack, the innermost last.
    var jobs: [Frame] { (outer + [innermost]).compactMap(\.self) }

    /// The permits that jobs on the stack run with, but for those of `core`, in the order of the engines'
    /// numbers: who takes several takes them in this order.
    func permits(besides core: Core? = nil) -> [Permit] {
        if depth == 0, lender == nil { return [] }
        var permits = lender?.permits(besides: core) ?? []
        for frame in jobs where frame.hasOwnPermit && frame.core !== core {
            permits.append(Permit(core: frame.core, lane: frame.lane))
        }
        return permits.sorted { $0.core.number < $1.core.number }
    }

    /// Whether a frame goes on only after what runs here.
    func suspends(_ frame: JobFrame) -> Bool {
        self.frame.isOnTop(of: frame)
            || suspended.contains { $0 == frame || $0.isOnTop(of: frame) }
    }

    /// What goes on only after the pieces of a loop that runs now.
    var suspendedByPieces: [JobFrame] { suspended + [frame] }

    /// Begins a thread that stands in for `lender`, which waits for its end.
    func standIn(for lender: ThreadState) {
        self.lender = lender
        suspended = lender.suspended
    }

    /// Runs code of the user that no job waits for any more, on top of whatever the thread runs.
    func outsideJobs<R>(_ body: () -> R) -> R { on(nil, body) }

    /// Runs `body` as `job`, with a permit of `lane` that is its own or that of a job below.
    func within<R>(
        _ job: Job, of core: Core, _ lane: Lane, hasOwnPermit: Bool, _ body: () -> R
    ) -> R {
        on(Frame(job: job, core: core, lane: lane, hasOwnPermit: hasOwnPermit), body)
    }

    /// Runs `body` as a part of `region` that its owner waits for, with a permit for it.
    func helping<R>(_ region: Region, of core: Core, _ body: () -> R) -> R {
        let before = suspended
        suspended += region.suspended
        defer { suspended = before }
        return within(region.job, of: core, .compute, hasOwnPermit: true, body)
    }

    private func on<R>(_ frame: Frame?, _ body: () -> R) -> R {
        let before = innermost
        if depth > 0 { outer.append(before) }
        innermost = frame
        depth += 1
        defer {
            innermost = before
            depth -= 1
            if depth > 0 { outer.removeLast() }
        }
        return body()
    }
}
