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
        gated = gatedUsers()
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

    /// By segment, the users that have to wait for the grant themselves, because it is not known of any
    /// of their predecessors that it does.
    private func gatedUsers() -> [[Int32]] {
        var search = PredecessorSearch(predecessors)
        return users.map { users in
            users.indices.compactMap { index in
                search.reaches(users[..<index], from: users[index]) ? nil : users[index]
            }
        }
    }
}

/// Looks for jobs among those that come before a job. It gives up after some steps: a user that waits for
/// a grant without need costs next to nothing, and a network of n layers has n variables with users in its
/// first and in its last jobs.
private struct PredecessorSearch {
    private static let stepLimit = 256

    private let predecessors: [[Int32]]
    /// By job, the last search that came by.
    private var visits: [Int32]
    private var searchCount: Int32 = 0

    init(_ predecessors: [[Int32]]) {
        self.predecessors = predecessors
        visits = Array(repeating: 0, count: predecessors.count)
    }

    /// Whether one of the goals, in ascending order, is known to come before `job`.
    mutating func reaches(_ goals: ArraySlice<Int32>, from job: Int32) -> Bool {
        guard let first = goals.first else { return false }
        searchCount += 1
        var found = [job]
        var next = 0
        var stepCount = 0
        while next < found.count {
            for predecessor in predecessors[Int(found[next])].reversed() {
                if predecessor < first { break }
                stepCount += 1
                if stepCount > Self.stepLimit { return false }
                if goals.contains(sorted: predecessor) { return true }
                if visits[Int(predecessor)] == searchCount { continue }
                visits[Int(predecessor)] = searchCount
                found.append(predecessor)
            }
            next += 1
        }
        return false
    }
}

extension ArraySlice<Int32> {
    /// Whether the slice, which ascends, has an element.
    fileprivate func contains(sorted element: Int32) -> Bool {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = low + (high - low) / 2
            if self[middle] == element { return true }
            if self[middle] < element { low = middle + 1 } else { high = middle }
        }
        return false
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
