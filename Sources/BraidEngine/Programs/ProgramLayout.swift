/// What follows from the order of a program's jobs: it plays the queues of all slots once.
///
/// On an external, jobs of others stand either before all jobs of the program or behind them. So the
/// variable's queue needs at most three entries, which keep others away no more than the jobs pushed
/// one by one would: the reads before the first write, everything from there to the last write, and
/// the reads after it. The first and the last let others read, too. Within an entry the order is that
/// of the predecessors; between entries the queue keeps it. A held external needs one exclusive entry
/// from its first use to its last.
struct ProgramLayout {
    private(set) var segments: [Program.Segment] = []
    /// By job.
    private(set) var uses: [[Program.Use]]
    /// By segment.
    private(set) var users: [[Int32]] = []
    /// By segment.
    private(set) var gated: [[Int32]] = []
    /// By job, in order.
    private(set) var predecessors: [[Int32]]

    private typealias SlotAccess = (job: Int, access: Access)

    init(_ jobs: [Program.InnerJob], externalCount: Int, slotCount: Int) {
        uses = Array(repeating: [], count: jobs.count)
        predecessors = Array(repeating: [], count: jobs.count)
        var accesses: [[SlotAccess]] = Array(repeating: [], count: slotCount)
        for (number, job) in jobs.enumerated() {
            for (slot, access) in job.accesses { accesses[slot].append((number, access)) }
        }
        for slot in externalCount..<slotCount { order(accesses[slot][...]) }
        for external in 0..<externalCount {
            for segment in Self.cut(accesses[external]) { append(segment, of: external) }
        }
        for job in predecessors.indices {
            predecessors[job] = predecessors[job].sorted().withoutRepeats
        }
        // Needs all predecessors.
        gated = users.indices.map { findGated(users[$0], segments[$0].access) }
    }

    /// The stretches of an external's accesses that have an entry each.
    private static func cut(_ accesses: [SlotAccess]) -> [ArraySlice<SlotAccess>] {
        guard !accesses.isEmpty else { return [] }
        guard let first = accesses.firstIndex(where: { $0.access.writes }),
            let last = accesses.lastIndex(where: { $0.access.writes }),
            !accesses.contains(where: { $0.access == .hold })
        else { return [accesses[...]] }
        return [accesses[..<first], accesses[first...last], accesses[(last + 1)...]].filter {
            !$0.isEmpty
        }
    }

    private mutating func append(_ accesses: ArraySlice<SlotAccess>, of external: Int) {
        let access = accesses.dropFirst().reduce(accesses.first!.access) {
            $0.merged(with: $1.access)
        }
        for (job, access) in accesses {
            uses[job].append(Program.Use(grip: segments.count, access: access))
        }
        segments.append(
            Program.Segment(external: external, access: access, useCount: Int32(accesses.count)))
        users.append(accesses.map { Int32($0.job) })
        order(accesses)
    }

    /// Orders jobs that access one slot: readers after the writer before them, a writer after the
    /// readers since then. Holders go in any order.
    private mutating func order(_ accesses: ArraySlice<SlotAccess>) {
        var writer: Int32?
        var readers: [Int32] = []
        for (job, access) in accesses where access != .hold {
            if access.writes, !readers.isEmpty {
                predecessors[job] += readers
            } else if let writer {
                predecessors[job].append(writer)
            }
            if access.writes {
                writer = Int32(job)
                readers = []
            } else {
                readers.append(Int32(job))
            }
        }
    }

    /// The users that have to wait for the grant themselves, because none of their predecessors
    /// does.
    private func findGated(_ users: [Int32], _ access: Access) -> [Int32] {
        guard users.count > 1 else { return users }
        let first = Int(users.first!)
        // Whether a job comes after the grant, from the first user on.
        var isLater = Array(repeating: false, count: Int(users.last!) - first + 1)
        var result: [Int32] = []
        var next = 0
        for job in first...Int(users.last!) {
            isLater[job - first] = predecessors[job].contains {
                $0 >= first && isLater[Int($0) - first]
            }
            guard job == users[next] else { continue }
            next += 1
            if !isLater[job - first] {
                result.append(Int32(job))
                isLater[job - first] = true
            }
        }
        return result
    }
}

extension [Int32] {
    fileprivate var withoutRepeats: [Int32] {
        var result: [Int32] = []
        result.reserveCapacity(count)
        for element in self where element != result.last { result.append(element) }
        return result
    }
}
