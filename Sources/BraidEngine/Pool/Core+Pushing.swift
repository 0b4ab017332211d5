import BraidPlatform

/// How runs come in.
extension Core {
    private enum Admission: Sendable {
        case admitted
        case full
        /// Another engine uses some of the variables.
        case refused([VariableInUse])
    }

    /// - Parameter isUrgent: whether the run is admitted at once.
    func push(_ run: Run, isUrgent: Bool = false) {
        let thread = ThreadState.current
        let parent = thread.job(of: self)
        let isInsideJob = thread.jobAround(of: self) != nil
        // A job, or what died with one, that had to wait for room could hold up the jobs that make it; and
        // who observes may be a thread that must not block.
        var isAlwaysAdmitted =
            isUrgent || run.isObserver || thread.isAtEndOfJob || isInsideJob
        var isBlocked = false
        admission: while true {
            let admission = tryPush(
                run, from: parent, isAlwaysAdmitted: isAlwaysAdmitted, isBlocked: isBlocked)
            switch admission {
            case .admitted: break admission
            case .full:
                isBlocked = true
                if thread.heldBack > 0 {
                    // What is in flight may wait for what the thread holds.
                    thread.overdue = (self, run)
                    isAlwaysAdmitted = true
                } else {
                    help(until: .admission(run), thread)
                }
            case .refused(let variables): return refuse(run, variables)
            }
        }
        announce()
        // What dies with a job that runs on top of another one has no parent, and must not wait for what
        // the other one stands in the way of.
        if !isInsideJob { work(afterPushing: run, thread) }
    }

    /// What a thread outside jobs does where no other thread may do it.
    private func work(afterPushing run: Run, _ thread: ThreadState) {
        switch kind {
        case .threaded:
            guard isAlone(thread) else { return }
            if !helpsToTheEnd(of: run, thread) { runReady(atMost: .max, thread) }
        case .serial: help(until: .roots(upTo: run.lastRoot), thread)
        case .simulated:
            if helpsToTheEnd(of: run, thread) || !thread.takesWork { return }
            runReady(atMost: drawnStepCount(), thread)
        }
    }

    /// A task that suspends until its array is there may leave nobody behind who works.
    private func helpsToTheEnd(of run: Run, _ thread: ThreadState) -> Bool {
        guard run.isObserver, run.context.isKernel else { return false }
        help(until: .end(Target(run: run, grip: nil)), thread)
        return true
    }

    private func tryPush(
        _ run: Run, from parent: Job?, isAlwaysAdmitted: Bool, isBlocked: Bool
    ) -> Admission {
        withState { state, wakes in
            if !isAlwaysAdmitted, !state.admits(run) {
                if !isBlocked { state.backPressureCount += 1 }
                return .full
            }
            let inUse = state.scheduler.claimVariables(of: run)
            if !inUse.isEmpty { return .refused(inUse) }
            state.scheduler.push(run, from: parent)
            state.dispatch(&wakes)
            return .admitted
        }
    }

    // MARK: Variables of other engines

    /// The run names variables that jobs of other engines name, too: nothing orders those of two engines. It
    /// fails, and what it was to write is poisoned wherever it is used.
    private func refuse(_ run: Run, _ inUse: [VariableInUse]) {
        let error = EngineError(
            job: run.label, on: name, namesVariableOf: Self.name(of: inUse[0].engine))
        ScopeBinding.current?.report(error.description, in: "push")
        var own: [Variable] = []
        for grip in run.grips.elements where grip.access.writes && !grip.access.keeps {
            if let other = inUse.first(where: { $0.variable === grip.variable }) {
                poison(other, label: run.label, error)
            } else {
                own.append(grip.variable)
            }
        }
        push(
            Run(
                run.label, GripList(reads: [], updates: [], overwrites: own),
                priority: run.priority,
                byteCount: 0, body: run.refusal(error), owner: run.owner, context: run.context),
            isUrgent: true)
    }

    /// Lets the engine that uses a variable know that it was to be written.
    private func poison(_ inUse: VariableInUse, label: String, _ error: EngineError) {
        let core = Self.numbered(inUse.engine) ?? self
        core.push(
            Run(
                label, GripList(reads: [], updates: [], overwrites: [inUse.variable]), priority: 0,
                byteCount: 0, body: .work { throw error }, context: .kernel), isUrgent: true)
    }

    /// As `engine 2 (2 threads)`.
    var name: String {
        switch kind {
        case .threaded: "engine \(number) (\(threads) thread\(threads == 1 ? "" : "s"))"
        case .serial: "engine \(number) (serial)"
        case .simulated(let seed): "engine \(number) (simulated, seed \(seed))"
        }
    }

    static func name(of number: UInt32) -> String {
        numbered(number)?.name ?? "engine \(number)"
    }

    /// How many jobs a simulated engine runs between two pushes: mostly none, sometimes several, so
    /// that pushes meet every stage of the jobs before them.
    private func drawnStepCount() -> Int {
        withState { state, _ in
            let coin = state.scheduler.ready.draw(below: 4)
            return coin == 0 ? state.scheduler.ready.draw(below: 8) : 0
        }
    }
}
