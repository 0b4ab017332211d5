import Synchronization

/// Who waits for whom, walked on demand: for waits inside jobs and for reports.
extension Scheduler {
    /// What a wait inside a job finds.
    enum Search {
        /// Jobs that could run now and that the target depends on (or jobs of the target itself).
        case ready([Job])
        /// The labels along a path from the waiting job back to itself.
        case cycle([String])
    }

    /// The release of the youngest exclusive entry in a variable's queue.
    func lastWriter(of variable: Variable) -> Target? {
        let position = variable.queue.lastWriter
        if position == EntryTable.none { return nil }
        return Target(run: entries[position].run, grip: entries[position].grip)
    }

    /// The jobs that hold `job` back: its predecessors in its run; for every grip that it uses and
    /// that is not granted the users of the nearest writer before it, or of the readers in between;
    /// for a job that waits inside its body what it waits for.
    func predecessors(of job: Job) -> [Job] {
        let run = job.run
        var result: [Job] = []
        if !run[job.index].hasBegun {
            if let program = run.program {
                for index in program.predecessors[job.index] where !run[Int(index)].hasEnded {
                    result.append(Job(run: run, index: Int(index)))
                }
            }
            for position in run.uses(of: job.index) {
                let entry = run.grips.elements[run.use(at: position).grip].entry
                if !entries[entry].isGranted { result += users(before: entry) }
            }
        }
        for wait in run.awaited where wait.index == job.index { result += wait.target.openJobs }
        return result
    }

    /// The jobs that use what stands in the way of a queued entry.
    private func users(before position: Int) -> [Job] {
        var result: [Job] = []
        var before = entries[position].previous
        let isReader = !entries[position].isExclusive
        while before != EntryTable.none {
            let entry = entries[before]
            if entry.isExclusive {
                // Behind readers, those wait for the writer in turn.
                if isReader || entries[position].previous == before {
                    result += entry.run.openJobs(using: entry.grip)
                }
                break
            }
            if !isReader { result += entry.run.openJobs(using: entry.grip) }
            before = entry.previous
        }
        return result
    }

    /// Walks what `target` depends on.
    func search(from target: Target, for waiting: Job) -> Search {
        var visited: Set<Job> = []
        var path: [(job: Job?, rest: [Job])] = [(nil, target.openJobs)]
        var candidates: [Job] = []
        while !path.isEmpty {
            guard let next = path[path.count - 1].rest.popLast() else {
                path.removeLast()
                continue
            }
            if next == waiting {
                let labels = path.compactMap { $0.job?.label }
                return .cycle([waiting.label] + labels + [waiting.label])
            }
            guard visited.insert(next).inserted else { continue }
            if next.run[next.index].isReady { candidates.append(next) }
            path.append((next, predecessors(of: next)))
        }
        return .ready(candidates)
    }

    /// One line per job in flight: what it does and what holds it back.
    func report() -> String {
        let jobs = inFlight.jobs
        if jobs.isEmpty { return "no job in flight\n" }
        return jobs.map { job in
            let run = job.run
            let state =
                run.awaited.contains { $0.index == job.index }
                ? "waits inside its body"
                : run[job.index].hasBegun ? "runs" : run[job.index].isReady ? "is ready" : "waits"
            let labels = predecessors(of: job).map { "'\($0.label)' (\($0.sequence))" }
            let reason = labels.isEmpty ? "" : " for " + labels.joined(separator: ", ")
            let program = run.program == nil ? "" : " of '\(run.label)'"
            return "'\(job.label)' (\(job.sequence))\(program) \(state)\(reason)\n"
        }.joined()
    }
}
