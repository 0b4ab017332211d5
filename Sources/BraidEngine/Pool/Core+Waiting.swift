import BraidPlatform
import Synchronization

/// Waits. Outside jobs a thread helps with whatever is ready. Inside a job it runs only what the
/// awaited variable depends on, of its own lane, on top of its own stack and with its own permit; if none
/// of that is ready it gives the permit to a stand-in and sleeps.
extension Core {
    /// Waits for the writers that were pushed so far.
    func wait(for variable: Variable) throws(EngineError) {
        let busy = VariableWord.writeQueued | VariableWord.writing
        if variable.word.load(ordering: .acquiring) & busy != 0 {
            let thread = ThreadState.current
            let around = thread.jobAround(of: self)
            let (isOwn, target, other) = withState { state, _ -> (Bool, Target?, UInt32) in
                let user = variable.engine
                // Of another engine's lists nothing may be read here.
                if user != 0, user != number { return (false, nil, user) }
                return (
                    around?.job.accesses(variable) ?? false,
                    state.scheduler.lastWriter(of: variable), 0
                )
            }
            if other != 0 {
                throw EngineError(job: "wait", on: name, namesVariableOf: Self.name(of: other))
            }
            // What the job holds already is as it should be, and nobody else can change it.
            if isOwn { return }
            if let target {
                if let around {
                    try wait(for: target, inside: around, thread)
                } else {
                    wait(until: .end(target), thread)
                }
            }
            while variable.word.load(ordering: .acquiring) & VariableWord.writing != 0 {
                Processor.yield()
            }
        }
        if variable.word.load(ordering: .acquiring) & VariableWord.poisoned != 0,
            let poison = withState({ _, _ in variable.poison })
        {
            throw poison.error
        }
    }

    func waitAll() throws(EngineError) {
        let thread = ThreadState.current
        if let around = thread.jobAround(of: self) {
            throw EngineError(invalidInsideJob: "waitAll()", job: around.job.label)
        }
        let root = withState { state, _ in state.scheduler.rootCount }
        wait(until: .roots(upTo: root), thread)
        awaitReleases()
        if let failure = withState({ state, _ in state.scheduler.takeUnreported() }) {
            throw failure
        }
    }

    /// Sleeps outside the engine's jobs. Those of other engines on the thread's stack give their permits to
    /// stand-ins meanwhile: what they wait for may wait for work of theirs.
    func sleep(_ thread: ThreadState, _ goal: Goal, _ lane: Lane) {
        let permits = thread.permits(besides: self)
        for permit in permits { permit.core.lend(permit.lane) }
        park(thread.parker, goal)
        withState { state, wakes in
            state.leave(thread.parker, goal, lane)
            if permits.isEmpty { return }
            // Work that this thread was woken for is others' as long as it has to wait itself.
            state[lane].arrive(thread.parker)
            state.dispatch(&wakes)
        }
        for permit in permits { permit.core.takeBack(permit.lane, thread, goal) }
    }

    /// A thread inside a job of the lane goes to sleep.
    func lend(_ lane: Lane) {
        withState { state, wakes in
            state[lane].releasePermit()
            state.dispatch(&wakes)
        }
    }

    /// A thread that slept inside a job of the lane goes on; it sleeps until there is a permit.
    func takeBack(_ lane: Lane, _ thread: ThreadState, _ goal: Goal? = nil) {
        while true {
            let hasPermit = withState { state, wakes in
                guard state[lane].reclaimPermit(thread.parker) else { return false }
                // Of permits that came free together the first had woken this thread, and the others nobody.
                state.dispatch(&wakes)
                return true
            }
            if hasPermit { return }
            park(thread.parker, goal)
        }
    }

    private enum Step: Sendable {
        case reached, cycle([String]), run(BegunJob), runElsewhere(BegunJob), park

        var isLast: Bool {
            switch self {
            case .reached, .cycle: true
            case .run, .runElsewhere, .park: false
            }
        }
    }

    /// Jobs that wait for each other on one thread's stack where no other thread can be had.
    private static let deepest = 512

    private func wait(
        for target: Target, inside around: ThreadState.Frame, _ thread: ThreadState
    ) throws(EngineError) {
        let (waiting, lane) = (around.job, around.lane)
        begin(.end(target), thread)
        defer { endWait(thread) }
        var hasBegun = false
        // What an earlier search found, the next one to be taken last.
        var candidates: [Job] = []
        while true {
            let step = withState { state, wakes in
                // Noted and searched in one go: of two jobs that wait for each other one is told.
                if !hasBegun { waiting.run.awaited.append((waiting.index, target)) }
                let step = nextStep(
                    &state, &wakes, target, waiting, lane, &candidates, thread)
                if step.isLast { waiting.run.removeWait(of: waiting.index, for: target) }
                return step
            }
            hasBegun = true
            switch step {
            case .reached: return
            case .cycle(let labels): throw EngineError(waitCycle: labels)
            case .run(let begun):
                runToEnd(begun, withPermit: false, dispatches: true, thread)
            case .runElsewhere(let begun):
                if runOnStandIn(begun, for: thread) { continue }
                let isTooDeep = thread.depth >= Self.deepest
                // It has begun and is to end: in the worst case as failed.
                if isTooDeep {
                    fail(begun, EngineError(waitIn: waiting.label, tooDeep: thread.depth), thread)
                } else {
                    runToEnd(begun, withPermit: false, dispatches: true, thread)
                }
            case .park: sleep(thread, for: target, lane)
            }
        }
    }

    /// Sleeps inside a job, whose permit is given away.
    private func sleep(_ thread: ThreadState, for target: Target, _ lane: Lane) {
        var permits = thread.permits(besides: self)
        for permit in permits { permit.core.lend(permit.lane) }
        park(thread.parker, .end(target))
        withState { _, _ in target.run.waiters.removeAll { $0.parker === thread.parker } }
        let position = permits.firstIndex { $0.core.number > number } ?? permits.count
        permits.insert(ThreadState.Permit(core: self, lane: lane), at: position)
        for permit in permits { permit.core.takeBack(permit.lane, thread, .end(target)) }
    }

    private func nextStep(
        _ state: inout PoolState, _ wakes: inout Wakes, _ target: Target, _ waiting: Job,
        _ lane: Lane, _ candidates: inout [Job], _ thread: ThreadState
    ) -> Step {
        if target.isReached { return .reached }
        let isDeep = thread.depth >= Self.helpDepth
        let takesWork = !isDeep || !state[lane].hasThreads
        var begun = takesWork ? state.beginLast(of: &candidates, lane) : nil
        if begun == nil {
            switch state.scheduler.search(from: target, for: waiting) {
            case .cycle(let labels): return .cycle(labels)
            case .ready(let jobs):
                if takesWork {
                    candidates = state.scheduler.sortedForTaking(jobs, lane)
                    begun = state.beginLast(of: &candidates, lane)
                }
            }
        }
        if let begun { return isDeep ? .runElsewhere(begun) : .run(begun) }
        state[lane].releasePermit()
        // Not woken by that itself.
        state.dispatch(&wakes)
        state[lane].blocked.append(thread.parker)
        target.run.waiters.append((target, thread.parker))
        return .park
    }
}
