public import Synchronization

/// An opaque tag for something that jobs read and write: one piece of storage, a file, a channel.
///
/// Jobs that name a variable are ordered by it: strictly first in, first out, where readers between
/// two writers run together. Subclass it to put the tag on the thing itself.
///
/// Sendable because `word` and `writes` are atomic and everything else is touched under the lock of
/// the one engine that the variable is used with at a time.
open class Variable: @unchecked Sendable {
    /// Inline accesses and what keeps further ones away: see `VariableWord`.
    @usableFromInline final let word = Atomic<UInt32>(0)
    private let writes = Atomic<UInt64>(0)

    // Under the engine's lock.
    @exclusivity(unchecked) final var queue = VariableQueue()
    @exclusivity(unchecked) final var poison: Poison?
    // Set before `VariableWord.queued` is, and then constant for as long as the engine is in use.
    private(set) var core: Core?

    /// A variable that nothing has written.
    public init() {}

    /// The number of completed writes.
    public final var version: UInt64 { writes.load(ordering: .relaxed) }

    /// Whether no job names this variable and nothing accesses it inline.
    @inlinable package final var isIdle: Bool {
        word.load(ordering: .acquiring) & ~VariableWord.poisoned == 0
    }

    /// Whether the last write failed. For jobs that name the variable, and for whoever knows that none
    /// does.
    package final var hasFailed: Bool {
        word.load(ordering: .acquiring) & VariableWord.poisoned != 0
    }

    /// - Precondition: the caller has the write grant.
    final func countWrite() {
        writes.store(writes.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
    }

    /// Under the engine's lock, before the first entry is queued.
    /// - Returns: the engine that the variable was used with before, if that was another one.
    final func attach(to core: Core) -> Core? {
        if self.core === core { return nil }
        defer { self.core = core }
        return self.core
    }
}

/// The bits of a variable's word. An inline write succeeds only when none is set, an inline read when
/// nothing but readers is there, so that neither can overtake a queued job that it would disagree with.
@usableFromInline enum VariableWord {
    /// The low bits count inline readers.
    @inlinable static var readers: UInt32 { 1 << 24 - 1 }
    /// Among the jobs in the queue is one that writes.
    @inlinable static var writeQueued: UInt32 { 1 << 28 }
    /// The last write failed; the error is in `Variable.poison`.
    @inlinable static var poisoned: UInt32 { 1 << 29 }
    /// Jobs stand in the variable's queue.
    @inlinable static var queued: UInt32 { 1 << 30 }
    /// An inline writer is at work.
    @inlinable static var writing: UInt32 { 1 << 31 }
}

/// Inline access: small work that runs on the calling thread when nothing is in its way. One atomic
/// word per variable and no lock; when a grant is refused, the work is pushed as a job instead.
/// Inlinable, because a small operator takes and gives back a grant per operand.
extension Variable {
    /// Takes a read grant if nothing writes here or waits to.
    @inlinable package final func tryBeginRead() -> Bool {
        var seen = word.load(ordering: .relaxed)
        while seen & ~(VariableWord.readers | VariableWord.queued) == 0 {
            let (exchanged, original) = word.weakCompareExchange(
                expected: seen, desired: seen &+ 1, ordering: .acquiring)
            if exchanged { return true }
            seen = original
        }
        return false
    }

    /// Gives a read grant back.
    @inlinable package final func endRead() {
        let left = word.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue
        if left & VariableWord.writeQueued != 0, left & VariableWord.readers == 0 {
            notifyReleased()
        }
    }

    /// Takes the write grant if nothing reads, writes or waits here.
    @inlinable package final func tryBeginWrite() -> Bool {
        word.compareExchange(expected: 0, desired: VariableWord.writing, ordering: .acquiring)
            .exchanged
    }

    /// Gives the write grant back; the write counts in `version`.
    package final func endWrite() {
        countWrite()
        let left = word.bitwiseAnd(
            ~VariableWord.writing, ordering: .acquiringAndReleasing
        ).newValue
        if left & VariableWord.queued != 0 { notifyReleased() }
    }

    /// Lets jobs go on that waited for the end of an inline access.
    @usableFromInline final func notifyReleased() { core!.released(self) }
}
