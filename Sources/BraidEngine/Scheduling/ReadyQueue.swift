/// Which of the ready jobs runs next.
enum SchedulingPolicy: Sendable {
    /// The highest priority, then the earliest pushed.
    case inOrder
    /// The earliest pushed; priorities are ignored.
    case inPushOrder
    /// One drawn from a generator that starts at the seed; priorities are ignored.
    case drawn(seed: UInt64)
}

/// The jobs that could run now.
struct ReadyQueue: Sendable {
    private struct Item {
        let priority: Int
        let sequence: UInt64
        // The table of runs in flight keeps it alive.
        unowned(unsafe) let run: Run

        /// Jobs of a run have numbers in sequence.
        var job: Job { Job(run: run, index: Int(sequence - run.sequence)) }

        func precedes(_ other: Item) -> Bool {
            priority != other.priority ? priority > other.priority : sequence < other.sequence
        }
    }

    // A binary heap: the item at i precedes those at 2i + 1 and 2i + 2.
    private var heap: ContiguousArray<Item> = []
    private var generator: SeededGenerator?
    private var ignoresPriorities = false

    init(_ policy: SchedulingPolicy) {
        if case .inPushOrder = policy { ignoresPriorities = true }
        if case .drawn(let seed) = policy { generator = SeededGenerator(seed: seed) }
    }

    var isEmpty: Bool { heap.isEmpty }
    var count: Int { heap.count }

    mutating func insert(_ run: Run, _ index: Int) {
        heap.append(item(for: Job(run: run, index: index)))
        siftUp(heap.count - 1)
    }

    /// Takes the job that the policy chooses.
    mutating func removeNext() -> Job? {
        if heap.isEmpty { return nil }
        return remove(at: draw(below: heap.count))
    }

    /// Jobs in the order in which the policy takes them, the next one last.
    mutating func sortedForTaking(_ jobs: [Job]) -> [Job] {
        var items = jobs.map(item).sorted { $1.precedes($0) }
        if generator != nil {
            for last in stride(from: items.count - 1, to: 0, by: -1) {
                items.swapAt(last, draw(below: last + 1))
            }
        }
        return items.map(\.job)
    }

    /// Takes a job that is ready.
    mutating func remove(_ job: Job) {
        let sequence = job.sequence
        _ = remove(at: heap.firstIndex { $0.sequence == sequence }!)
    }

    private func item(for job: Job) -> Item {
        Item(
            priority: ignoresPriorities ? 0 : job.priority, sequence: job.sequence, run: job.run)
    }

    /// 0 under `inOrder`; a drawn number under `drawn`.
    mutating func draw(below bound: Int) -> Int { generator?.next(below: bound) ?? 0 }

    private mutating func remove(at position: Int) -> Job {
        let item = heap[position]
        let last = heap.removeLast()
        if position < heap.count {
            heap[position] = last
            siftDown(position)
            siftUp(position)
        }
        return item.job
    }

    private mutating func siftUp(_ start: Int) {
        let item = heap[start]
        var position = start
        while position > 0 {
            let parent = (position - 1) / 2
            guard item.precedes(heap[parent]) else { break }
            heap[position] = heap[parent]
            position = parent
        }
        heap[position] = item
    }

    private mutating func siftDown(_ start: Int) {
        let item = heap[start]
        var position = start
        while true {
            var child = 2 * position + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
            guard heap[child].precedes(item) else { break }
            heap[position] = heap[child]
            position = child
        }
        heap[position] = item
    }
}
