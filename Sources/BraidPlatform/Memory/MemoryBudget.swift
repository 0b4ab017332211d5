import Synchronization

/// How much memory may be taken for what comes from outside: files, requests, plans of graphs.
///
/// Who is about to take memory whose size a file or a caller says asks first, by `reserve(_:)`. The bytes
/// are counted until the reservation goes, so that sums are bounded, not only items. The budget of the
/// process counts the blocks of tensor memory, too.
package final class MemoryBudget: Sendable {
    /// That of the process: what the machine has, or the limit of its control group.
    package static let process = MemoryBudget(limit: Machine.memoryByteCount, isWhole: true)
    @TaskLocal private static var bound: MemoryBudget?
    /// Whether `limited` was ever called; until then nobody need look.
    private static let isEverLimited = Atomic<Bool>(false)
    /// That of the innermost `limited` around the calling code.
    private static var scoped: MemoryBudget? {
        isEverLimited.load(ordering: .relaxed) ? bound : nil
    }

    private let limitByteCount: Atomic<Int>
    private let usedByteCount = Atomic<Int>(0)
    /// Whether this is the process's, which has to do with what other processes leave.
    private let isWhole: Bool
    private let reclaim = Locked<(@Sendable () -> Void)?>(nil)

    /// From so many bytes on a request is compared with what the machine has free just now.
    private static let largeByteCount = 64 << 20

    private init(limit: Int, isWhole: Bool) {
        limitByteCount = Atomic(limit)
        self.isWhole = isWhole
    }

    /// Runs `body` with at most `limit` bytes for what it reads and plans, within the process's budget.
    /// What it makes of arrays counts until it returns.
    package static func limited<R>(to limit: Int, _ body: () throws -> R) rethrows -> R {
        isEverLimited.store(true, ordering: .relaxed)
        return try $bound.withValue(MemoryBudget(limit: limit, isWhole: false), operation: body)
    }

    /// Whether `limited` is open around the calling code.
    package static var isLimited: Bool { scoped != nil }

    /// Runs `body`, a job that the thread helps with, outside every limit of the calling code.
    package static func outsideLimits<R>(_ body: () throws -> R) rethrows -> R {
        if scoped == nil { return try body() }
        return try $bound.withValue(nil, operation: body)
    }

    /// Takes bytes from the budget until the reservation goes.
    /// - Throws: `MemoryShortage` when they are not there.
    package static func reserve(_ byteCount: Int) throws(MemoryShortage) -> MemoryReservation {
        var taken: [MemoryBudget] = []
        do throws(MemoryShortage) {
            for budget in budgets {
                try budget.take(byteCount, isFromOutside: true)
                taken.append(budget)
            }
        } catch {
            for budget in taken { budget.giveBack(byteCount) }
            throw error
        }
        return MemoryReservation(byteCount, taken)
    }

    /// Passes when so many bytes are there.
    /// - Throws: `MemoryShortage` when they are not.
    package static func check(_ byteCount: Int) throws(MemoryShortage) {
        _ = try reserve(byteCount)
    }

    /// The same for an array, whose block the process counts itself; a scope counts it to its end.
    package static func checkArray(_ byteCount: Int) throws(MemoryShortage) {
        try check(byteCount)
        try scoped?.take(byteCount, isFromOutside: true)
    }

    private static var budgets: [MemoryBudget] { (scoped.map { [$0] } ?? []) + [process] }

    /// Bytes that may be taken in all, here.
    package static var currentLimit: Int { budgets.map(\.limit).min()! }

    /// Bytes that may be taken in all.
    package var limit: Int {
        get { limitByteCount.load(ordering: .relaxed) }
        set { limitByteCount.store(max(newValue, 0), ordering: .relaxed) }
    }

    /// Bytes that are taken.
    package var used: Int { usedByteCount.load(ordering: .relaxed) }

    /// What is called before a request is refused; it may give bytes back.
    package func setReclaim(_ body: @escaping @Sendable () -> Void) {
        reclaim.withLock { $0 = body }
    }

    /// Counts bytes as taken.
    /// - Parameter isFromOutside: whether what is free just now matters, too. It does not for blocks that
    ///   may never be written to.
    package func take(_ byteCount: Int, isFromOutside: Bool = false) throws(MemoryShortage) {
        if add(byteCount, isFromOutside) == nil { return }
        // Not under the lock: it ends in `giveBack`.
        reclaim.withLock { $0 }?()
        if let left = add(byteCount, isFromOutside) {
            throw MemoryShortage(wanted: byteCount, left: left, limit: limit)
        }
    }

    /// Counts bytes as free again.
    package func giveBack(_ byteCount: Int) {
        usedByteCount.wrappingSubtract(byteCount, ordering: .relaxed)
    }

    /// - Returns: nil, or how many bytes are left when those are too few.
    private func add(_ byteCount: Int, _ isFromOutside: Bool) -> Int? {
        var used = usedByteCount.load(ordering: .relaxed)
        while true {
            var left = max(limit - used, 0)
            if isWhole, isFromOutside, byteCount >= Self.largeByteCount,
                let available = Machine.availableByteCount
            {
                left = min(left, available)
            }
            guard byteCount >= 0, byteCount <= left else { return left }
            let (exchanged, original) = usedByteCount.compareExchange(
                expected: used, desired: used + byteCount, ordering: .relaxed)
            if exchanged { return nil }
            used = original
        }
    }
}

/// Bytes of a budget, given back at the end of this object's life.
package final class MemoryReservation: Sendable {
    /// How many.
    package let byteCount: Int
    private let budgets: [MemoryBudget]

    fileprivate init(_ byteCount: Int, _ budgets: [MemoryBudget]) {
        self.byteCount = byteCount
        self.budgets = budgets
    }

    deinit { for budget in budgets { budget.giveBack(byteCount) } }
}

/// More memory was wanted than is left.
package struct MemoryShortage: Error, Hashable, CustomStringConvertible {
    /// Bytes that were wanted; `Int.max` for more than a number can say.
    package let wanted: Int
    /// Bytes that are left.
    package let left: Int
    /// Bytes that may be taken in all.
    package let limit: Int

    /// An error from its parts.
    package init(wanted: Int, left: Int, limit: Int) {
        self.wanted = wanted
        self.left = left
        self.limit = limit
    }

    /// As `80000000000 bytes of memory are wanted; 12000000000 are left of 16000000000`.
    package var description: String {
        "\(wanted < 0 || wanted == .max ? "more" : "\(wanted)") bytes of memory are wanted; "
            + "\(left) are left of \(limit)"
    }
}
