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
    @usableFromInline final let word = Atomic<UInt64>(0)
    private let writes = Atomic<UInt64>(0)

    // Under the engine's lock.
    @exclusivity(unchecked) final var queue = VariableQueue()
    @exclusivity(unchecked) final var poison: Poison?

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

    /// Makes the variable, until its queue is empty again, one of the engine whose lock is held, and keeps
    /// inline accesses away that would come between.
    /// - Returns: the engine that uses it, if that is another one.
    final func claim(by engine: UInt32, toWrite: Bool) -> UInt32? {
        let queued = toWrite ? VariableWord.queued | VariableWord.writeQueued : VariableWord.queued
        let claimed = UInt64(engine) << VariableWord.engineShift | queued
        var seen = word.load(ordering: .relaxed)
        while true {
            let user = VariableWord.engine(of: seen)
            if user != 0, user != engine { return user }
            let (exchanged, original) = word.weakCompareExchange(
                expected: seen, desired: seen | claimed, ordering: .acquiringAndReleasing)
            if exchanged { return nil }
            seen = original
        }
    }

    /// Takes back a claim that nothing was queued for; under the engine's lock.
    final func giveUpClaim() {
        var bits: UInt64 = 0
        if queue.lastWriter == EntryTable.none { bits |= VariableWord.writeQueued }
        if queue.isEmpty { bits |= VariableWord.queued | VariableWord.engine }
        word.bitwiseAnd(~bits, ordering: .acquiringAndReleasing)
    }

    /// The engine in whose queue jobs stand that name the variable; 0 where none do.
    final var engine: UInt32 { VariableWord.engine(of: word.load(ordering: .acquiring)) }
}

/// A variable that jobs of another engine name.
struct VariableInUse: Sendable {
    let variable: Variable
    /// That engine's number.
    let engine: UInt32
}

/// The bits of a variable's word. An inline write succeeds only when none is set, an inline read when
/// nothing but readers is there, so that neither can overtake a queued job that it would disagree with.
@usableFromInline enum VariableWord {
    /// The low bits count inline readers.
    @inlinable static var readers: UInt64 { 1 << 24 - 1 }
    /// Among the jobs in the queue is one that writes.
    @inlinable static var writeQueued: UInt64 { 1 << 28 }
    /// The last write failed; the error is in `Variable.poison`.
    @inlinable static var poisoned: UInt64 { 1 << 29 }
    /// Jobs stand in the variable's queue.
    @inlinable static var queued: UInt64 { 1 << 30 }
    /// An inline writer is at work.
    @inlinable static var writing: UInt64 { 1 << 31 }
    /// The number of the engine whose jobs stand in the queue; 0 without any.
    @inlinable static var engine: UInt64 { ~0 << engineShift }
    @inlinable static var engineShift: UInt64 { 32 }

    static func engine(of word: UInt64) -> UInt32 { UInt32(word >> engineShift) }
}

/// Inline access: small work that runs on the calling thread when nothing is in its way. One atomic
/// word per variable and no lock; when a grant is refused, the work is pushed as a job instead.
/// Inlinable, because a small operator takes and gives back a grant per operand.
extension Variable {
    /// Takes a read grant if nothing writes here or waits to.
    @inlinable package final func tryBeginRead() -> Bool {
        var seen = word.load(ordering: .relaxed)
        while seen & (VariableWord.writing | VariableWord.poisoned | VariableWord.writeQueued) == 0
        {
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
            notifyReleased(left)
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
        if left & VariableWord.queued != 0 { notifyReleased(left) }
    }

    /// Lets jobs go on that waited for the end of an inline access. An engine that is gone has none.
    @usableFromInline final func notifyReleased(_ word: UInt64) {
        Core.numbered(VariableWord.engine(of: word))?.released(self)
    }
}
