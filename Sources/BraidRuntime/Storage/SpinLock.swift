import BraidPlatform
import Synchronization

/// A one-word lock for sections of a few instructions on state without references. State that holds
/// references is for `Locked`: the optimiser may move a retain or a release behind the plain store that
/// unlocks.
struct SpinLock: ~Copyable {
    private let word = Atomic<UInt32>(0)
    /// Reads between two attempts to yield; past it the holder is probably not running.
    private static let spinCount = 100

    /// Takes the lock if nobody has it.
    @inline(__always)
    borrowing func tryLock() -> Bool { word.exchange(1, ordering: .acquiring) == 0 }

    @inline(__always)
    borrowing func lock() { if !tryLock() { wait() } }

    @inline(__always)
    borrowing func unlock() { word.store(0, ordering: .releasing) }

    @inline(never)
    private borrowing func wait() {
        var spins = 0
        repeat {
            while word.load(ordering: .relaxed) != 0 {
                spins += 1
                if spins % Self.spinCount == 0 { Processor.yield() }
            }
        } while word.exchange(1, ordering: .acquiring) != 0
    }
}
