/// The runs on one variable, oldest first, as positions in the scheduler's table of entries.
struct VariableQueue: Sendable {
    var first = EntryTable.none
    var last = EntryTable.none
    /// The oldest entry that is not granted; all entries before it are.
    var firstWaiting = EntryTable.none
    /// The youngest exclusive entry; none when only readers are left.
    var lastWriter = EntryTable.none
    var grantedReaders = 0
    var hasGrantedWriter = false

    var isEmpty: Bool { first == EntryTable.none }
}

/// One run's grip on one variable, while it is queued or granted.
struct Entry: Sendable {
    // The table of runs in flight keeps the run alive, and the run its variables.
    unowned(unsafe) var run: Run
    unowned(unsafe) var variable: Variable
    /// The number of the grip in the run.
    var grip: Int
    var isExclusive: Bool
    var isGranted = false
    var previous = EntryTable.none
    /// The next entry of the variable, or of the free list.
    var next = EntryTable.none
}

/// Entries by position; freed positions are used again, so that a steady stream of jobs allocates
/// nothing.
struct EntryTable: Sendable {
    static let none = -1

    private var entries: ContiguousArray<Entry> = []
    private var firstFree = none

    subscript(position: Int) -> Entry {
        _read { yield entries[position] }
        _modify { yield &entries[position] }
    }

    /// Puts an entry at the end of its variable's queue.
    mutating func append(_ entry: Entry) -> Int {
        var entry = entry
        let queue = entry.variable.queue
        entry.previous = queue.last
        let position: Int
        if firstFree == Self.none {
            position = entries.count
            entries.append(entry)
        } else {
            position = firstFree
            firstFree = entries[position].next
            entries[position] = entry
        }
        if queue.last == Self.none {
            entry.variable.queue.first = position
        } else {
            entries[queue.last].next = position
        }
        entry.variable.queue.last = position
        if queue.firstWaiting == Self.none { entry.variable.queue.firstWaiting = position }
        if entry.isExclusive { entry.variable.queue.lastWriter = position }
        return position
    }

    /// Takes a granted entry out of its variable's queue.
    mutating func remove(_ position: Int) {
        let entry = entries[position]
        let variable = entry.variable
        if entry.previous == Self.none {
            variable.queue.first = entry.next
        } else {
            entries[entry.previous].next = entry.next
        }
        if entry.next == Self.none {
            variable.queue.last = entry.previous
        } else {
            entries[entry.next].previous = entry.previous
        }
        if variable.queue.lastWriter == position { variable.queue.lastWriter = Self.none }
        entries[position].next = firstFree
        firstFree = position
    }
}
