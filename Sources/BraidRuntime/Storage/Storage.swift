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
    private let size: SizeClass
    package let handles = Atomic<Int>(0)
    // Set once when the last handle went while jobs were pending, so that those bytes count
    // against the engine's bound until they are gone.
    private let isOrphaned = Atomic<Bool>(false)

    private init(_ address: UnsafeMutableRawPointer, _ size: SizeClass) {
        self.address = address
        self.size = size
        super.init()
    }

    /// A block with undefined contents.
    /// - Throws: `ArrayError` when there is no such memory.
    @inline(__always)
    package static func allocate(_ byteCount: Int) throws(ArrayError) -> Storage {
        guard let storage = make(byteCount) else { throw MemoryPool.shortage(of: byteCount) }
        return storage
    }

    // A small operator has no registers to spare for what happens here.
    @inline(never)
    private static func make(_ byteCount: Int) -> Storage? {
        MemoryPool.block(of: byteCount).map { Storage($0, $1) }
    }

    deinit {
        MemoryPool.deallocate(address, size)
        if isOrphaned.load(ordering: .relaxed) { Self.removeOrphanedBytes(byteCount) }
    }

    @inline(never)
    private static func removeOrphanedBytes(_ byteCount: Int) {
        Runtime.engine.removeOrphanedBytes(byteCount)
    }

    /// Bytes of the block: as asked for or more.
    package var byteCount: Int { size.byteCount }

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
