/// A thread that waits for jobs.
struct Wait: Sendable {
    /// What waits; it does so for one thing at a time.
    let frame: JobFrame
    /// The job that it is, or stands on; nil outside jobs.
    let around: ThreadState.Frame?
    let goal: Goal
}

/// Which frames cannot go on before the calling one ends, because they wait for its job by way of engines.
extension Core {
    /// Waits, so that jobs that hold up what waits can find out.
    func wait(until goal: Goal, _ thread: ThreadState) {
        begin(goal, thread)
        defer { endWait(thread) }
        help(until: goal, thread)
    }

    func begin(_ goal: Goal, _ thread: ThreadState) {
        let wait = Wait(frame: thread.frame, around: thread.innermost, goal: goal)
        withState { state, _ in state.waits.append(wait) }
    }

    func endWait(_ thread: ThreadState) {
        let frame = thread.frame
        withState { state, _ in
            _ = state.waits.remove(at: state.waits.lastIndex { $0.frame == frame }!)
        }
    }

    /// Whether a frame, or what runs on top of it, waits for one of the jobs on a thread's stack, or for a
    /// job that does.
    static func holdsUp(_ frame: JobFrame, _ thread: ThreadState) -> Bool {
        var jobs = thread.jobs
        var visited: Set<Job> = []
        while let next = jobs.popLast() {
            guard visited.insert(next.job).inserted else { continue }
            for wait in next.core.waits(for: next.job) {
                if wait.frame == frame || wait.frame.isOnTop(of: frame) { return true }
                if let around = wait.around { jobs.append(around) }
            }
        }
        return false
    }

    private func waits(for job: Job) -> [Wait] {
        withState { state, _ in state.waits.filter { state.holdsUp($0, job) } }
    }
}

extension PoolState {
    fileprivate func holdsUp(_ wait: Wait, _ job: Job) -> Bool {
        switch wait.goal {
        case .end(let target):
            if case .cycle = scheduler.search(from: target, for: job) { true } else { false }
        case .roots(let root): job.run.order.root <= root
        case .admission, .stop: false
        }
    }
}
