import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Where tensor memory comes from: free lists by size class, split into shards so that threads
/// rarely meet. A block freed by a job is handed out again without asking the system.
package enum MemoryPool {
    /// Blocks from this size on count against the cache bound and are aligned to it when larger.
    private static let largeByteCount = 1 << 20
    /// Bytes of large free blocks that are kept whatever happened before.
    private static let smallestCacheByteCount = 256 << 20

    // Made at the first use. A lazy global would cost more per operator than the rest of a call here.
    // Safe: constant once it is set; each shard has a lock of its own.
    nonisolated(unsafe) private static let madeShards = Atomic<UnsafeMutablePointer<Shard>?>(nil)
    private static var shards: UnsafeMutablePointer<Shard> {
        @inline(__always) get { madeShards.load(ordering: .acquiring) ?? makeShards() }
    }

    @inline(never)
    private static func makeShards() -> UnsafeMutablePointer<Shard> {
        let shards = UnsafeMutablePointer<Shard>.allocate(capacity: Shard.count)
        for index in 0..<Shard.count { (shards + index).initialize(to: Shard()) }
        let (exchanged, original) = madeShards.compareExchange(
            expected: nil, desired: shards, ordering: .acquiringAndReleasing)
        if exchanged { return shards }
        // Another thread was first; a shard without blocks has nothing to give back but its heads.
        shards.deinitialize(count: Shard.count).deallocate()
        return original!
    }
    private static let largeLive = Atomic<Int>(0)
    private static let largeLivePeak = Atomic<Int>(0)
    private static let largeCached = Atomic<Int>(0)
    private static let systemRequests = Atomic<Int>(0)

    /// A block of at least `byteCount` bytes, aligned to 64, with undefined contents.
    package static func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer {
        let size = SizeClass(for: byteCount)
        let isLarge = size.byteCount >= largeByteCount
        if isLarge { noteLive(size.byteCount) }
        let home = Shard.currentIndex
        if let block = shards[home].take(size) {
            if isLarge { largeCached.wrappingSubtract(size.byteCount, ordering: .relaxed) }
            return block
        }
        // What one thread allocates and another frees ends up in the other's shard: without a walk a
        // producer would go to the system for ever.
        for step in 1..<Shard.count {
            let other = (home + step) & (Shard.count - 1)
            if let block = shards[other].take(size, countingFor: shards + home) {
                if isLarge { largeCached.wrappingSubtract(size.byteCount, ordering: .relaxed) }
                return block
            }
        }
        return fromSystem(size)
    }

    /// Gives a block back.
    /// - Parameter byteCount: as asked for.
    package static func deallocate(_ block: UnsafeMutableRawPointer, _ byteCount: Int) {
        let size = SizeClass(for: byteCount)
        if size.byteCount >= largeByteCount {
            largeLive.wrappingSubtract(size.byteCount, ordering: .relaxed)
            let bound = max(smallestCacheByteCount, largeLivePeak.load(ordering: .relaxed))
            let cached = largeCached.wrappingAdd(size.byteCount, ordering: .relaxed).newValue
            if cached > bound {
                largeCached.wrappingSubtract(size.byteCount, ordering: .relaxed)
                shards[Shard.currentIndex].noteFreed(size)
                free(block)
                return
            }
        }
        shards[Shard.currentIndex].put(block, size)
    }

    private static func noteLive(_ byteCount: Int) {
        let live = largeLive.wrappingAdd(byteCount, ordering: .relaxed).newValue
        largeLivePeak.max(live, ordering: .relaxed)
    }

    @inline(never)
    private static func fromSystem(_ size: SizeClass) -> UnsafeMutableRawPointer {
        systemRequests.wrappingAdd(1, ordering: .relaxed)
        var block: UnsafeMutableRawPointer?
        if posix_memalign(&block, 64, size.byteCount) != 0 || block == nil {
            trim()
            guard posix_memalign(&block, 64, size.byteCount) == 0, block != nil else {
                fatalError("out of memory: the system has no block of \(size.byteCount) bytes")
            }
        }
        shards[Shard.currentIndex].noteTaken(size)
        return block!
    }

    /// Gives all cached blocks back to the system.
    package static func trim() {
        for index in 0..<Shard.count {
            let released = shards[index].releaseCached(from: largeByteCount)
            largeCached.wrappingSubtract(released, ordering: .relaxed)
        }
    }

    /// Bytes of blocks that are in use, by whole blocks.
    package static var liveByteCount: Int {
        (0..<Shard.count).reduce(0) { $0 + shards[$1].liveByteCount }
    }

    /// The class that serves a request: its number and the bytes of its blocks.
    package static func sizeClass(for byteCount: Int) -> (index: Int, byteCount: Int) {
        let size = SizeClass(for: byteCount)
        return (size.index, size.byteCount)
    }

    /// How often the system was asked for a block.
    package static var systemRequestCount: Int { systemRequests.load(ordering: .relaxed) }
}
