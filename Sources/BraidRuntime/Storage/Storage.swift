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
    // The number of the engine against whose bound the bytes count until they are gone, because the last
    // handle went while jobs were pending; 0 where none does.
    private let orphanedIn = Atomic<UInt32>(0)

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
        // Jobs have let go of the memory before they let go of this object. The count of references orders
        // that, but the thread sanitizer does not look into Swift's runtime: it sees it by the variable.
        _ = isIdle
        MemoryPool.deallocate(address, size)
        let engine = orphanedIn.load(ordering: .relaxed)
        if engine != 0 { Self.removeOrphanedBytes(byteCount, engine) }
    }

    @inline(never)
    private static func removeOrphanedBytes(_ byteCount: Int, _ engine: UInt32) {
        Engine.removeOrphanedBytes(byteCount, ofEngine: engine)
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
        let engine = Runtime.engine
        let isFirst = orphanedIn.compareExchange(
            expected: 0, desired: engine.number, ordering: .relaxed
        ).exchanged
        if isFirst { engine.addOrphanedBytes(byteCount) }
    }
}
