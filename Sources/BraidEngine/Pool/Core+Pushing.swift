/// How runs come in.
extension Core {
    func push(_ run: Run) {
        let thread = ThreadState.current
        let parent = thread.job(of: self)
        var isBlocked = false
        while !tryPush(run, from: parent, isBlocked: isBlocked) {
            isBlocked = true
            help(until: .admission(run), thread)
        }
        announce()
        if parent != nil { return }
        switch kind {
        case .threaded: break
        case .serial: help(until: .roots(upTo: run.lastRoot), thread)
        case .simulated: runReady(atMost: drawnStepCount(), thread)
        }
    }

    /// Pushes from inside jobs are always admitted: a job that had to wait for room could hold up
    /// the jobs that make it.
    private func tryPush(_ run: Run, from parent: Job?, isBlocked: Bool) -> Bool {
        withState { state, wakes in
            if parent == nil, !state.admits(run) {
                if !isBlocked { state.backPressureCount += 1 }
                return false
            }
            state.scheduler.push(run, from: parent, core: self)
            state.dispatch(&wakes)
            return true
        }
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
