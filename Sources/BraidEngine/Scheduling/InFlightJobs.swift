/// The jobs that were pushed and have not ended, in the order of their pushes.
struct InFlightJobs: Sendable {
    private static let none = -1
    private struct Slot {
        var job: Job?
        var previous: Int
        var next: Int
    }

    private var slots: ContiguousArray<Slot> = []
    private var first = none
    private var last = none
    private var firstFree = none
    private(set) var count = 0
    /// The sum of the jobs' own memory requests.
    private(set) var byteCount = 0

    mutating func append(_ job: Job) {
        let slot = Slot(job: job, previous: last, next: Self.none)
        if firstFree == Self.none {
            job.slot = slots.count
            slots.append(slot)
        } else {
            job.slot = firstFree
            firstFree = slots[job.slot].next
            slots[job.slot] = slot
        }
        if last == Self.none { first = job.slot } else { slots[last].next = job.slot }
        last = job.slot
        count += 1
        byteCount += job.byteCount
    }

    mutating func remove(_ job: Job) {
        let slot = slots[job.slot]
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
        slots[job.slot] = Slot(job: nil, previous: Self.none, next: firstFree)
        firstFree = job.slot
        count -= 1
        byteCount -= job.byteCount
    }

    /// The first job, in push order, that satisfies a condition.
    func first(where condition: (Job) -> Bool) -> Job? {
        var position = first
        while position != Self.none {
            let job = slots[position].job!
            if condition(job) { return job }
            position = slots[position].next
        }
        return nil
    }

    /// All jobs in push order.
    var all: [Job] {
        var result: [Job] = []
        result.reserveCapacity(count)
        _ = first { job in
            result.append(job)
            return false
        }
        return result
    }
}
