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
            let job = thread.job(of: self)
            let (isOwn, target) = withState { state, _ in
                (job?.accesses(variable) ?? false, state.scheduler.lastWriter(of: variable))
            }
            // What the job holds already is as it should be, and nobody else can change it.
            if isOwn { return }
            if let target {
                if let job {
                    try wait(for: target, inside: job, thread)
                } else {
                    help(until: .end(target), thread)
                }
            }
            while variable.word.load(ordering: .acquiring) & VariableWord.writing != 0 {
                yieldProcessor()
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
        if let job = thread.job(of: self) {
            throw EngineError(invalidInsideJob: "waitAll()", job: job.label)
        }
        let root = withState { state, _ in state.scheduler.rootCount }
        help(until: .roots(upTo: root), thread)
        awaitReleases()
        let failure = withState { state, _ in state.scheduler.unreported.take() }
        if let failure { throw failure.error }
    }

    private enum Step: Sendable {
        case reached, cycle([String]), run(BegunJob), park

        var isLast: Bool {
            switch self {
            case .reached, .cycle: true
            case .run, .park: false
            }
        }
    }

    private func wait(
        for target: Target, inside waiting: Job, _ thread: ThreadState
    ) throws(EngineError) {
        var hasBegun = false
        while true {
            let step = withState { state, wakes in
                // Noted and searched in one go: of two jobs that wait for each other one is told.
                if !hasBegun { waiting.run.awaited.append((waiting.index, target)) }
                let step = nextStep(&state, &wakes, target, waiting, thread)
                if step.isLast { waiting.run.removeWait(of: waiting.index, for: target) }
                return step
            }
            hasBegun = true
            switch step {
            case .reached: return
            case .cycle(let labels): throw EngineError(waitCycle: labels)
            case .run(let begun):
                runToEnd(begun, withPermit: false, dispatches: true, thread)
            case .park:
                repeat {
                    park(thread.parker, .end(target))
                } while !takesPermitBack(thread, target)
            }
        }
    }

    private func nextStep(
        _ state: inout PoolState, _ wakes: inout Wakes, _ target: Target, _ waiting: Job,
        _ thread: ThreadState
    ) -> Step {
        if target.isReached { return .reached }
        switch state.scheduler.search(from: target, for: waiting) {
        case .cycle(let labels): return .cycle(labels)
        case .ready(let candidates):
            if let job = state.scheduler.takeReady(thread.lane, among: candidates) {
                return .run(state.begin(job))
            }
        }
        state[thread.lane].releasePermit()
        // Not woken by that itself.
        state.dispatch(&wakes)
        state[thread.lane].blocked.append(thread.parker)
        target.run.waiters.append((target, thread.parker))
        return .park
    }

    private func takesPermitBack(_ thread: ThreadState, _ target: Target) -> Bool {
        withState { state, _ in
            target.run.waiters.removeAll { $0.parker === thread.parker }
            return state[thread.lane].reclaimPermit(thread.parker)
        }
    }
}
