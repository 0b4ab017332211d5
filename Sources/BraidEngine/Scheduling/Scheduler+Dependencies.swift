import Synchronization

/// Who waits for whom, walked on demand: for waits inside jobs and for reports.
extension Scheduler {
    /// What a wait inside a job finds.
    enum Search {
        /// Jobs that could run now and that the target depends on (or the target itself).
        case ready([Job])
        /// The labels along a path from the waiting job back to itself.
        case cycle([String])
    }

    /// The jobs that hold `job` back: for every entry that is not granted the nearest writer before
    /// it, or the readers in between; for a job that waits inside its body what it waits for.
    func predecessors(of job: Job) -> [Job] {
        var result: [Job] = []
        for element in job.accesses.elements where !entries[element.entry].isGranted {
            let position = element.entry
            var before = entries[position].previous
            let isReader = !entries[position].access.writes
            while before != EntryTable.none {
                let entry = entries[before]
                if entry.access.writes {
                    // Behind readers, those wait for the writer in turn.
                    if isReader || entries[position].previous == before { result.append(entry.job) }
                    break
                }
                if !isReader { result.append(entry.job) }
                before = entry.previous
            }
        }
        result += job.awaited.filter { !$0.isDone.load(ordering: .relaxed) }
        return result
    }

    /// Walks what `target` depends on.
    func search(from target: Job, for waiting: Job) -> Search {
        var visited: Set<ObjectIdentifier> = [ObjectIdentifier(target)]
        var path: [(job: Job, rest: [Job])] = [(target, predecessors(of: target))]
        var candidates: [Job] = []
        if target === waiting { return .cycle([waiting.label, waiting.label]) }
        if isReady(target) { candidates.append(target) }
        while let top = path.last {
            guard let next = top.rest.last else {
                path.removeLast()
                continue
            }
            path[path.count - 1].rest.removeLast()
            if next === waiting {
                return .cycle([waiting.label] + path.map(\.job.label) + [waiting.label])
            }
            guard visited.insert(ObjectIdentifier(next)).inserted else { continue }
            if isReady(next) { candidates.append(next) }
            path.append((next, predecessors(of: next)))
        }
        return .ready(candidates)
    }

    /// Whether a job has all its grants and has not begun.
    private func isReady(_ job: Job) -> Bool { job.missingGrants == 0 && !job.hasBegun }

    /// One line per job in flight: what it does and what holds it back.
    func report() -> String {
        let jobs = inFlight.all
        if jobs.isEmpty { return "no job in flight\n" }
        return jobs.map { job in
            let state =
                !job.awaited.isEmpty
                ? "waits inside its body"
                : job.hasBegun
                    ? "runs" : job.missingGrants == 0 ? "is ready" : "waits"
            let labels = predecessors(of: job).map { "'\($0.label)' (\($0.sequence))" }
            let reason = labels.isEmpty ? "" : " for " + labels.joined(separator: ", ")
            return "'\(job.label)' (\(job.sequence)) \(state)\(reason)\n"
        }.joined()
    }
}
