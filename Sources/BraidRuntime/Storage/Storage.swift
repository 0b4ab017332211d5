package import BraidCore
package import BraidEngine
package import Synchronization

/// A block of tensor memory and, as a `Variable`, its place in the engine's order.
///
/// `handles` counts the bodies that may read the contents later, those that tapes saved included;
/// jobs only keep the block alive. A mutation may happen in place exactly when the one handle is the
/// mutator's.
///
/// Sendable because the engine orders every access to the contents; everything else is constant or
/// atomic.
package final class Storage: Variable, @unchecked Sendable {
    package let address: UnsafeMutableRawPointer
    package let byteCount: Int
    package let handles = Atomic<Int>(0)
    // Set once when the last handle went while jobs were pending, so that those bytes count
    // against the engine's bound until they are gone.
    private let isOrphaned = Atomic<Bool>(false)

    /// - Throws: `ArrayError` when there is no such memory.
    package init(byteCount: Int) throws(ArrayError) {
        address = try MemoryPool.allocate(byteCount)
        self.byteCount = byteCount
        super.init()
    }

    deinit {
        MemoryPool.deallocate(address, byteCount)
        if isOrphaned.load(ordering: .relaxed) { Self.removeOrphanedBytes(byteCount) }
    }

    @inline(never)
    private static func removeOrphanedBytes(_ byteCount: Int) {
        Runtime.engine.removeOrphanedBytes(byteCount)
    }

    package func addHandle() { handles.wrappingAdd(1, ordering: .relaxed) }

    package func removeHandle() {
        let left = handles.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue
        if left == 0, !isIdle { noteOrphaned() }
    }

    @inline(never)
    private func noteOrphaned() {
        if !isOrphaned.exchange(true, ordering: .relaxed) {
            Runtime.engine.addOrphanedBytes(byteCount)
        }
    }
}
