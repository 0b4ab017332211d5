package import BraidCore
import BraidEngine
import BraidPlatform
import Synchronization

/// Where tensor memory comes from: free lists by size class, split into shards so that threads
/// rarely meet. A block freed by a job is handed out again without asking the system.
///
/// Free blocks are kept as long as arrays live that may want them again. When next to nothing lives any
/// more, at most 64 MiB or an eighth of the most that ever lived is kept.
package enum MemoryPool {
    /// Blocks from this size on count against the cache bound and are aligned to it when larger.
    private static let largeByteCount = 1 << 20
    /// Bytes of large free blocks that are kept whatever happened before.
    private static let smallestCacheByteCount = 256 << 20

    // Made at the first use; a lazy global would cost more per operator than the rest of a call here.
    // Safe: constant once it is set; each shard has a lock of its own.
    nonisolated(unsafe) private static let madeShards = Atomic<UnsafeMutablePointer<Shard>?>(nil)

    @inline(__always)
    private static func shard(_ index: Int) -> UnsafeMutablePointer<Shard> {
        (madeShards.load(ordering: .acquiring) ?? makeShards()) + index &* Shard.spacing
    }

    @inline(never)
    private static func makeShards() -> UnsafeMutablePointer<Shard> {
        let shards = UnsafeMutablePointer<Shard>.allocate(capacity: Shard.count * Shard.spacing)
        for index in 0..<Shard.count { (shards + index * Shard.spacing).initialize(to: Shard()) }
        let (exchanged, original) = madeShards.compareExchange(
            expected: nil, desired: shards, ordering: .acquiringAndReleasing)
        if exchanged {
            MemoryBudget.process.setReclaim { trim() }
            return shards
        }
        // Another thread was first.
        for index in 0..<Shard.count { (shards + index * Shard.spacing).deinitialize(count: 1) }
        shards.deallocate()
        return original!
    }

    private static let largeLive = Atomic<Int>(0)
    private static let largeLivePeak = Atomic<Int>(0)
    private static let largeCached = Atomic<Int>(0)
    private static let largeRequests = Locked(LargeRequests())
    private static let systemRequests = Atomic<Int>(0)
    /// Bytes that the system gave and did not get back.
    private static let held = Atomic<Int>(0)
    /// Bytes in use but for what shards have not told yet, and the most that this ever was.
    private static let roughLive = Atomic<Int>(0)
    private static let roughLivePeak = Atomic<Int>(0)
    private static let isSettling = Atomic<Bool>(false)

    /// Bytes up to which a block is asked of the system. It may promise more than there is, and end
    /// the process when that is used.
    package static var byteCountLimit: Int {
        min(MemoryBudget.process.limit, SizeClass.largestByteCount)
    }

    /// A block of at least `byteCount` bytes, aligned to 64, with undefined contents.
    /// - Throws: `ArrayError` when there is no such block.
    package static func allocate(_ byteCount: Int) throws(ArrayError) -> UnsafeMutableRawPointer {
        guard let (block, _) = block(of: byteCount) else { throw shortage(of: byteCount) }
        return block
    }

    /// The same with its class, by which it can be given back; nil when there is no such block.
    @inline(__always)
    static func block(of byteCount: Int) -> (UnsafeMutableRawPointer, SizeClass)? {
        let home = shard(Shard.currentIndex)
        let size = SizeClass(for: byteCount)
        if UInt(bitPattern: size.byteCount) < UInt(largeByteCount),
            let block = home.pointee.tryTake(size)
        {
            return (block, size)
        }
        return search(for: size).map { ($0, size) }
    }

    @inline(never)
    static func shortage(of byteCount: Int) -> ArrayError {
        ArrayError(
            .outOfMemory, in: "memory",
            "there are no \(byteCount) bytes to be had; \(MemoryBudget.process.used) of "
                + "\(MemoryBudget.process.limit) are in use")
    }

    /// A block that is large or was not at hand in this thread's shard.
    @inline(never)
    private static func search(for size: SizeClass) -> UnsafeMutableRawPointer? {
        if UInt(bitPattern: size.byteCount) > UInt(byteCountLimit) { return nil }
        let isLarge = size.byteCount >= largeByteCount
        if isLarge {
            let live = largeLive.wrappingAdd(size.byteCount, ordering: .relaxed).newValue
            largeLivePeak.max(live, ordering: .relaxed)
            largeRequests.withLock { $0.note(size) }
        }
        let home = Shard.currentIndex
        // What one thread allocates and another frees ends up in the other's shard: without a walk a
        // producer would go to the system for ever.
        for step in 0..<Shard.count {
            let index = (home + step) & (Shard.count - 1)
            if let block = shard(index).pointee.take(size) {
                if isLarge { largeCached.wrappingSubtract(size.byteCount, ordering: .relaxed) }
                return block
            }
        }
        if let block = fromSystem(size) { return block }
        if isLarge { largeLive.wrappingSubtract(size.byteCount, ordering: .relaxed) }
        return nil
    }

    /// Gives a block back.
    /// - Parameter byteCount: as asked for.
    package static func deallocate(_ block: UnsafeMutableRawPointer, _ byteCount: Int) {
        deallocate(block, SizeClass(for: byteCount))
    }

    /// Gives a block of a class back.
    static func deallocate(_ block: UnsafeMutableRawPointer, _ size: SizeClass) {
        let home = shard(Shard.currentIndex)
        if size.byteCount < largeByteCount, home.pointee.tryPut(block, size) { return }
        putBack(block, size)
    }

    /// Gives a block back that is large or whose shard was busy.
    @inline(never)
    private static func putBack(_ block: UnsafeMutableRawPointer, _ size: SizeClass) {
        if size.byteCount >= largeByteCount {
            largeLive.wrappingSubtract(size.byteCount, ordering: .relaxed)
            let bound = max(smallestCacheByteCount, largeLivePeak.load(ordering: .relaxed))
            let cached = largeCached.wrappingAdd(size.byteCount, ordering: .relaxed).newValue
            if cached > bound, !makeRoom(below: bound) {
                largeCached.wrappingSubtract(size.byteCount, ordering: .relaxed)
                shard(Shard.currentIndex).pointee.note(live: -size.byteCount)
                giveBack(block, size.byteCount)
                return
            }
        }
        shard(Shard.currentIndex).pointee.put(block, size)
    }

    /// Releases large blocks of classes that nobody asks for any more, once enough was asked for to tell.
    /// - Returns: whether those that are left are within the bound.
    private static func makeRoom(below bound: Int) -> Bool {
        guard let recent = largeRequests.withLock({ $0.startAnew(after: 2 * bound) }) else {
            return false
        }
        release { index in
            SizeClass.byteCount(at: index) < largeByteCount || recent[index] ? 0 : Int.max
        }
        return largeCached.load(ordering: .relaxed) <= bound
    }

    @inline(never)
    private static func fromSystem(_ size: SizeClass) -> UnsafeMutableRawPointer? {
        systemRequests.wrappingAdd(1, ordering: .relaxed)
        do throws(MemoryShortage) { try MemoryBudget.process.take(size.byteCount) } catch {
            return nil
        }
        var block = SystemMemory.allocate(size.byteCount)
        if block == nil {
            trim()
            block = SystemMemory.allocate(size.byteCount)
            if block == nil {
                MemoryBudget.process.giveBack(size.byteCount)
                return nil
            }
        }
        held.wrappingAdd(size.byteCount, ordering: .relaxed)
        shard(Shard.currentIndex).pointee.note(live: size.byteCount)
        return block
    }

    private static func giveBack(_ block: UnsafeMutableRawPointer, _ byteCount: Int) {
        held.wrappingSubtract(byteCount, ordering: .relaxed)
        SystemMemory.deallocate(block)
        MemoryBudget.process.giveBack(byteCount)
    }

    /// Gives all cached blocks back to the system.
    package static func trim() {
        release { _ in Int.max }
        SystemMemory.trim()
    }

    /// Gives cached blocks back to the system, the largest first.
    /// - Parameter limit: how many bytes of a class, which is given by its index, at most.
    private static func release(_ limit: (Int) -> Int) {
        for index in (0..<SizeClass.count).reversed() {
            let byteCount = SizeClass.byteCount(at: index)
            var left = limit(index)
            for number in 0..<Shard.count where left >= byteCount {
                var released = 0
                var next = shard(number).pointee.takeCached(index, upTo: left, &released)
                while let block = next {
                    next = block.load(as: UnsafeMutableRawPointer?.self)
                    giveBack(block, byteCount)
                }
                left -= released
                if byteCount >= largeByteCount {
                    largeCached.wrappingSubtract(released, ordering: .relaxed)
                }
            }
        }
    }

    /// Bytes of blocks that are in use, by whole blocks.
    package static var liveByteCount: Int {
        (0..<Shard.count).reduce(0) { $0 + shard($1).pointee.liveByteCount }
    }

    /// Bytes of free blocks that wait for the next requests.
    package static var cachedByteCount: Int {
        max(0, held.load(ordering: .relaxed) - liveByteCount)
    }

    /// The most bytes that were in use at a time, within a MiB.
    package static var livePeakByteCount: Int { roughLivePeak.load(ordering: .relaxed) }

    /// The class that serves a request: its number and the bytes of its blocks.
    package static func sizeClass(for byteCount: Int) -> (index: Int, byteCount: Int) {
        let size = SizeClass(for: byteCount)
        return (size.index, size.byteCount)
    }

    /// How often the system was asked for a block.
    package static var systemRequestCount: Int { systemRequests.load(ordering: .relaxed) }
}

/// What is kept when next to nothing lives any more.
extension MemoryPool {
    /// Bytes that are kept in any case.
    private static let keptByteCount = 64 << 20
    /// What shards may not have told.
    private static let untoldByteCount = Shard.count * Shard.toldByteCount

    /// Takes note of what a shard tells: that blocks were taken.
    @inline(never)
    static func note(taken byteCount: Int) {
        let live = roughLive.wrappingAdd(byteCount, ordering: .relaxed).newValue
        roughLivePeak.max(live, ordering: .relaxed)
    }

    /// Takes note of what a shard tells: that blocks were put back.
    @inline(never)
    static func note(put byteCount: Int) {
        let live = roughLive.wrappingSubtract(byteCount, ordering: .relaxed).newValue
        // Constants and the like stay.
        let peak = roughLivePeak.load(ordering: .relaxed)
        let next = max(2 * untoldByteCount, peak / 256)
        // What other shards have handed out of their caches they may not have told.
        if live <= next, liveByteCount <= next { settle(peak) }
    }

    /// Gives back what is not to be kept, if arrays are gone for good: the weights of a network alone are
    /// more than the threshold above, so that nothing is given back between the steps of a training.
    private static func settle(_ peak: Int) {
        let bound = max(keptByteCount, peak / 8) - untoldByteCount
        guard cachedByteCount > bound else { return }
        guard !isSettling.exchange(true, ordering: .acquiring) else { return }
        defer { isSettling.store(false, ordering: .releasing) }
        release { index in
            let excess = cachedByteCount - bound
            // A block goes when a part of it is too much.
            return excess <= 0 ? 0 : excess + SizeClass.byteCount(at: index) - 1
        }
        SystemMemory.trim()
    }
}

/// Which classes of large blocks were asked for lately.
private struct LargeRequests {
    private var isRecent = [Bool](repeating: false, count: SizeClass.count)
    private var byteCount = 0

    mutating func note(_ size: SizeClass) {
        isRecent[size.index] = true
        byteCount += size.byteCount
    }

    /// The classes that were asked for since the last time, if that was for so many bytes: then what they do
    /// not include is of no use to the present work.
    mutating func startAnew(after enough: Int) -> [Bool]? {
        guard byteCount >= enough else { return nil }
        defer { self = LargeRequests() }
        return isRecent
    }
}
