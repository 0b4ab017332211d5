/// The runs that were pushed and have not ended, in the order of their pushes.
struct RunsInFlight: Sendable {
    private static let none = -1
    private struct Slot {
        var run: Run?
        var previous: Int
        var next: Int
    }

    private var slots: ContiguousArray<Slot> = []
    private var first = none
    private var last = none
    private var firstFree = none
    /// The number of jobs that have not ended.
    private(set) var jobCount = 0
    /// Those of them that compute threads run.
    var computeJobCount: Int { jobCount - ioJobCount }
    private var ioJobCount = 0
    /// The sum of the runs' own memory requests.
    private(set) var byteCount = 0

    mutating func append(_ run: Run) {
        let slot = Slot(run: run, previous: last, next: Self.none)
        if firstFree == Self.none {
            run.slot = slots.count
            slots.append(slot)
        } else {
            run.slot = firstFree
            firstFree = slots[run.slot].next
            slots[run.slot] = slot
        }
        if last == Self.none { first = run.slot } else { slots[last].next = run.slot }
        last = run.slot
        jobCount += run.openJobs
        if run.countsAsIO { ioJobCount += run.openJobs }
        byteCount += run.byteCount
    }

    /// Takes a job that has ended out, and the run with its last job.
    mutating func removeJob(of run: Run) {
        run.openJobs -= 1
        jobCount -= 1
        if run.countsAsIO { ioJobCount -= 1 }
        if run.openJobs == 0 { remove(run) }
    }

    private mutating func remove(_ run: Run) {
        let slot = slots[run.slot]
        if slot.previous == Self.none {
            first = slot.next
        } else {
            slots[slot.previous].next = slot.next
        }
        if slot.next == Self.none {
            last = slot.previous
        } else {
            slots[slot.next].previous = slot.previous
        }
        slots[run.slot] = Slot(run: nil, previous: Self.none, next: firstFree)
        firstFree = run.slot
        byteCount -= run.byteCount
    }

    /// The first run, in push order, that satisfies a condition.
    func first(where condition: (Run) -> Bool) -> Run? {
        var position = first
        while position != Self.none {
            let run = slots[position].run!
            if condition(run) { return run }
            position = slots[position].next
        }
        return nil
    }

    /// The jobs that have not ended, in push order.
    var jobs: [Job] {
        var result: [Job] = []
        result.reserveCapacity(jobCount)
        _ = first { run in
            result += Target(run: run, grip: nil).openJobs
            return false
        }
        return result
    }
}
