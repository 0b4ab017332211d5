import BraidPlatform
import Synchronization

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
    // What the pool was told of it, less `toldByteCount`. Written under the lock only.
    private let toldFloor = Atomic<Int>(-Shard.toldByteCount)

    /// Bytes by which `live` may change before the pool is told, so that threads rarely meet there.
    static let toldByteCount = 1 << 17

    init() {
        heads = .allocate(capacity: SizeClass.count)
        heads.initialize(repeating: nil, count: SizeClass.count)
    }

    deinit { heads.deallocate() }

    /// The shard of the calling thread: its stack's address, mixed.
    static var currentIndex: Int {
        Int(truncatingIfNeeded: (ThreadIdentity.current >> 12 &* 0x9E37_79B9_7F4A_7C15) >> 61)
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
        guard let block = heads[size.index] else {
            lock.unlock()
            return nil
        }
        heads[size.index] = block.load(as: UnsafeMutableRawPointer?.self)
        // The pool hears of it at the next block that is put back: this is the path of every operator.
        addLive(size.byteCount)
        lock.unlock()
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
        if isToTell { tellAndUnlock() } else { lock.unlock() }
    }

    /// Counts bytes that came from the system or went back to it (negative).
    func note(live byteCount: Int) {
        lock.lock()
        addLive(byteCount)
        if isToTell { tellAndUnlock() } else { lock.unlock() }
    }

    @inline(__always)
    private func addLive(_ byteCount: Int) {
        live.store(live.load(ordering: .relaxed) &+ byteCount, ordering: .relaxed)
    }

    /// Whether `live` has changed by more than `toldByteCount`, up or down, since the pool was told.
    @inline(__always)
    private var isToTell: Bool {
        UInt(bitPattern: live.load(ordering: .relaxed) &- toldFloor.load(ordering: .relaxed))
            > UInt(2 * Self.toldByteCount)
    }

    @inline(never)
    private func tellAndUnlock() {
        let now = live.load(ordering: .relaxed)
        let floor = now &- Self.toldByteCount
        let change = floor &- toldFloor.load(ordering: .relaxed)
        toldFloor.store(floor, ordering: .relaxed)
        lock.unlock()
        if change > 0 { MemoryPool.note(taken: change) } else { MemoryPool.note(put: -change) }
    }

    var liveByteCount: Int { live.load(ordering: .relaxed) }

    /// Takes cached blocks of the class at `index` out, as a list.
    /// - Parameters:
    ///   - limit: how many bytes at most.
    ///   - taken: how many it came to.
    func takeCached(_ index: Int, upTo limit: Int, _ taken: inout Int) -> UnsafeMutableRawPointer? {
        let byteCount = SizeClass.byteCount(at: index)
        lock.lock()
        defer { lock.unlock() }
        guard limit >= byteCount, let first = heads[index] else { return nil }
        var last = first
        taken = byteCount
        while taken <= limit - byteCount, let next = last.load(as: UnsafeMutableRawPointer?.self) {
            last = next
            taken += byteCount
        }
        heads[index] = last.load(as: UnsafeMutableRawPointer?.self)
        last.storeBytes(of: nil, as: UnsafeMutableRawPointer?.self)
        return first
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
