import BraidCore

/// Memory full of NaN, between two zones that show writes outside it.
final class GuardedBlock {
    private static let zoneByteCount = 256
    private static let zoneByte: UInt8 = 0xC3

    /// 64-byte aligned.
    let address: UnsafeMutableRawPointer
    let byteCount: Int

    private var allocatedByteCount: Int { byteCount + 2 * Self.zoneByteCount }

    /// - Throws: `ArrayError` when there is no memory.
    init(_ byteCount: Int) throws(ArrayError) {
        self.byteCount = byteCount
        let start = try MemoryPool.allocate(byteCount + 2 * Self.zoneByteCount)
        address = start + Self.zoneByteCount
        start.initializeMemory(as: UInt8.self, repeating: Self.zoneByte, count: allocatedByteCount)
        // All bits set is NaN in every floating dtype, so that elements that nobody writes show.
        address.initializeMemory(as: UInt8.self, repeating: 0xFF, count: byteCount)
    }

    deinit { MemoryPool.deallocate(address - Self.zoneByteCount, allocatedByteCount) }

    /// Whether both zones are as they were.
    var isIntact: Bool {
        Self.isIntact(address - Self.zoneByteCount) && Self.isIntact(address + byteCount)
    }

    private static func isIntact(_ zone: UnsafeMutableRawPointer) -> Bool {
        UnsafeRawBufferPointer(start: zone, count: zoneByteCount).allSatisfy { $0 == zoneByte }
    }
}
