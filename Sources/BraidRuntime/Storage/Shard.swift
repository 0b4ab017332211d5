import BraidPlatform
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// One part of the memory pool: a lock and the heads of its free lists. Free blocks hold the link to
/// the next one in their first word.
struct Shard: ~Copyable {
    /// A power of two.
    static let count = 8
    /// Places from one shard to the next in memory, so that threads do not share cache lines.
    static let spacing = 8

    private let lock = SpinLock()
    private let heads: UnsafeMutablePointer<UnsafeMutableRawPointer?>
    // Bytes in use. Signed: a block may be taken through one shard and freed through another.
    // Written under the lock only.
    private let live = Atomic<Int>(0)

    init() {
        heads = .allocate(capacity: SizeClass.count)
        heads.initialize(repeating: nil, count: SizeClass.count)
    }

    deinit { heads.deallocate() }

    /// The shard of the calling thread: its stack's address, mixed.
    static var currentIndex: Int {
        #if canImport(Darwin)
            let thread = UInt(bitPattern: pthread_self())
        #else
            let thread = UInt(pthread_self())
        #endif
        return Int(truncatingIfNeeded: (thread >> 12 &* 0x9E37_79B9_7F4A_7C15) >> 61)
    }

    /// A cached block of the class, unless another thread is at work here.
    @inline(__always)
    func tryTake(_ size: SizeClass) -> UnsafeMutableRawPointer? {
        lock.tryLock() ? takeAndUnlock(size) : nil
    }

    /// A cached block of the class.
    func take(_ size: SizeClass) -> UnsafeMutableRawPointer? {
        lock.lock()
        return takeAndUnlock(size)
    }

    @inline(__always)
    private func takeAndUnlock(_ size: SizeClass) -> UnsafeMutableRawPointer? {
        defer { lock.unlock() }
        guard let block = heads[size.index] else { return nil }
        heads[size.index] = block.load(as: UnsafeMutableRawPointer?.self)
        addLive(size.byteCount)
        return block
    }

    /// Keeps a block for later, unless another thread is at work here.
    @inline(__always)
    func tryPut(_ block: UnsafeMutableRawPointer, _ size: SizeClass) -> Bool {
        guard lock.tryLock() else { return false }
        putAndUnlock(block, size)
        return true
    }

    /// Keeps a block for later.
    func put(_ block: UnsafeMutableRawPointer, _ size: SizeClass) {
        lock.lock()
        putAndUnlock(block, size)
    }

    @inline(__always)
    private func putAndUnlock(_ block: UnsafeMutableRawPointer, _ size: SizeClass) {
        block.storeBytes(of: heads[size.index], as: UnsafeMutableRawPointer?.self)
        heads[size.index] = block
        addLive(0 &- size.byteCount)
        lock.unlock()
    }

    /// Counts bytes that came from the system or went back to it (negative).
    func note(live byteCount: Int) {
        lock.lock()
        addLive(byteCount)
        lock.unlock()
    }

    @inline(__always)
    private func addLive(_ byteCount: Int) {
        live.store(live.load(ordering: .relaxed) &+ byteCount, ordering: .relaxed)
    }

    var liveByteCount: Int { live.load(ordering: .relaxed) }

    /// Frees cached blocks of the chosen sizes; the result counts bytes of blocks of at least
    /// `largeByteCount`.
    func releaseCached(
        from largeByteCount: Int, where isChosen: (_ byteCount: Int) -> Bool
    ) -> Int {
        var released = 0
        for index in 0..<SizeClass.count where isChosen(SizeClass.byteCount(at: index)) {
            lock.lock()
            var block = heads[index]
            heads[index] = nil
            lock.unlock()
            while let current = block {
                block = current.load(as: UnsafeMutableRawPointer?.self)
                let byteCount = SizeClass.byteCount(at: index)
                if byteCount >= largeByteCount { released += byteCount }
                free(current)
                MemoryBudget.process.giveBack(byteCount)
            }
        }
        return released
    }
}

extension SizeClass {
    /// Bytes of a block of the class at `index`.
    static func byteCount(at index: Int) -> Int {
        if index < 4 { return (index + 1) * 64 }
        let power = (index - 4) / 4
        let steps = (index - 4) % 4 + 5
        return (steps << power) * 64
    }
}
