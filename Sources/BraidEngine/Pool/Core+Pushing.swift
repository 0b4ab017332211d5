/// How jobs come in.
extension Core {
    func push(_ job: Job) {
        let thread = ThreadState.current
        let parent = thread.job(of: self)
        var isBlocked = false
        while !tryPush(job, from: parent, isBlocked: isBlocked) {
            isBlocked = true
            help(until: .admission(byteCount: job.byteCount), thread)
        }
        announce()
        if parent != nil { return }
        switch kind {
        case .threaded: break
        case .serial: help(until: .roots(upTo: job.order.root), thread)
        case .simulated: runReady(atMost: drawnStepCount(), thread)
        }
    }

    /// Pushes from inside jobs are always admitted: a job that had to wait for room could hold up
    /// the jobs that make it.
    private func tryPush(_ job: Job, from parent: Job?, isBlocked: Bool) -> Bool {
        withState { state, wakes in
            if parent == nil, !state.admits(byteCount: job.byteCount) {
                if !isBlocked { state.backPressureCount += 1 }
                return false
            }
            state.scheduler.push(job, from: parent, core: self)
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
