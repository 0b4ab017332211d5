import Synchronization

/// The dependency rules, without threads: which jobs wait for which, what is ready, what is
/// poisoned. All calls happen under the engine's lock.
///
/// Every variable has a queue of entries. Readers at its head are granted together, a writer alone;
/// a job is ready when all of its entries are granted. Inline accesses hold back the head of the
/// queue through the variable's word.
struct Scheduler: Sendable {
    private(set) var entries = EntryTable()
    private(set) var inFlight = InFlightJobs()
    var ready: ReadyQueue
    private(set) var pushCount: UInt64 = 0
    /// The number of pushes from outside jobs.
    private(set) var rootCount: UInt64 = 0
    private(set) var completedCount: UInt64 = 0
    private(set) var skippedCount: UInt64 = 0
    /// The earliest pushed failure that no `waitAll` has reported.
    var unreported: Poison?

    init(_ policy: SchedulingPolicy) { ready = ReadyQueue(policy) }

    /// Puts a job at the end of the queues of all its variables.
    mutating func push(_ job: Job, from parent: Job?, core: Core) {
        pushCount += 1
        job.sequence = pushCount
        if let parent {
            job.order = PushOrder(
                root: parent.order.root, path: parent.order.path + [parent.childCount])
            parent.childCount += 1
        } else {
            rootCount += 1
            job.order = PushOrder(root: rootCount, path: [])
        }
        inFlight.append(job)
        let count = job.accesses.elements.count
        job.missingGrants = count
        for index in 0..<count {
            let variable = job.accesses.elements[index].variable
            if let previous = variable.attach(to: core) { job.displaced.append(previous) }
            variable.word.bitwiseOr(VariableWord.queued, ordering: .acquiringAndReleasing)
            let access = job.accesses.elements[index].access
            job.accesses.elements[index].entry = entries.append(
                Entry(job: job, variable: variable, access: access))
        }
        for index in 0..<count { grant(job.accesses.elements[index].variable) }
        if count == 0 { ready.insert(job) }
    }

    /// What a ready job inherits instead of running: of its poisoned inputs the failure that was
    /// pushed first.
    func inheritedPoison(of job: Job) -> Poison? {
        var earliest: Poison?
        for element in job.accesses.elements where element.access.reads {
            if element.variable.word.load(ordering: .relaxed) & VariableWord.poisoned != 0,
                let poison = element.variable.poison,
                earliest.map({ poison.order < $0.order }) ?? true
            {
                earliest = poison
            }
        }
        return earliest
    }

    /// Ends a job: its variables pass on to the next in their queues.
    /// - Parameter failure: what the body threw, or what the job inherited.
    mutating func complete(_ job: Job, failure: Poison?) {
        if let failure {
            if job.inherited == nil { note(failure, of: job) } else { skippedCount += 1 }
        }
        completedCount += 1
        inFlight.remove(job)
        for element in job.accesses.elements {
            let variable = element.variable
            entries.remove(element.entry)
            if element.access.writes {
                variable.queue.hasGrantedWriter = false
                replacePoison(of: variable, by: failure, job)
                if failure == nil { variable.countWrite() }
            } else {
                variable.queue.grantedReaders -= 1
            }
            grant(variable)
            if variable.queue.isEmpty {
                variable.word.bitwiseAnd(
                    ~VariableWord.queued, ordering: .acquiringAndReleasing)
            }
        }
        job.isDone.store(true, ordering: .releasing)
    }

    private mutating func note(_ failure: Poison, of job: Job) {
        if let known = unreported {
            guard failure.order < known.order else { return }
            job.displaced.append(known)
        }
        unreported = failure
    }

    /// - Parameter job: takes over the poison that was there, which must not die under the lock.
    func replacePoison(of variable: Variable, by poison: Poison?, _ job: Job?) {
        let isPoisoned = variable.word.load(ordering: .relaxed) & VariableWord.poisoned != 0
        if poison == nil, !isPoisoned { return }
        if let known = variable.poison { job?.displaced.append(known) }
        variable.poison = poison
        if poison == nil {
            variable.word.bitwiseAnd(~VariableWord.poisoned, ordering: .relaxed)
        } else {
            variable.word.bitwiseOr(VariableWord.poisoned, ordering: .relaxed)
        }
    }

    /// Grants what stands first in a variable's queue, as far as the rules allow; jobs that then
    /// have all their grants become ready.
    mutating func grant(_ variable: Variable) {
        while variable.queue.firstWaiting != EntryTable.none {
            let position = variable.queue.firstWaiting
            let entry = entries[position]
            let inline = variable.word.load(ordering: .acquiring)
            if variable.queue.hasGrantedWriter || inline & VariableWord.writing != 0 { return }
            if entry.access.writes {
                if variable.queue.grantedReaders != 0 || inline & VariableWord.readers != 0 {
                    return
                }
                variable.queue.hasGrantedWriter = true
            } else {
                variable.queue.grantedReaders += 1
            }
            entries[position].isGranted = true
            variable.queue.firstWaiting = entry.next
            entry.job.missingGrants -= 1
            if entry.job.missingGrants == 0 { ready.insert(entry.job) }
        }
    }
}
