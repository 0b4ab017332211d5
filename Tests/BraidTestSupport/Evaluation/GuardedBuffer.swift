/// Memory filled with garbage, with a guard zone on either side that shows writes out of bounds.
package final class GuardedBuffer {
    private static let guardByteCount = 1024
    private static let guardByte: UInt8 = 0xC3

    /// 64-byte aligned.
    package let address: UnsafeMutableRawPointer
    package let byteCount: Int

    package init(byteCount: Int, garbage: UInt8) {
        self.byteCount = byteCount
        let guarded = GuardedBuffer.guardByteCount
        let start = UnsafeMutableRawPointer.allocate(
            byteCount: byteCount + 2 * guarded, alignment: 64)
        start.initializeMemory(
            as: UInt8.self, repeating: GuardedBuffer.guardByte, count: byteCount + 2 * guarded)
        address = start + guarded
        address.initializeMemory(as: UInt8.self, repeating: garbage, count: byteCount)
    }

    deinit { (address - GuardedBuffer.guardByteCount).deallocate() }

    /// Whether both guard zones are as they were.
    package var isIntact: Bool {
        let guarded = GuardedBuffer.guardByteCount
        return [address - guarded, address + byteCount].allSatisfy {
            (zone: UnsafeMutableRawPointer) in
            UnsafeRawBufferPointer(start: zone, count: guarded).allSatisfy {
                $0 == GuardedBuffer.guardByte
            }
        }
    }

    /// A copy of the bytes between the guard zones.
    package var bytes: [UInt8] { Array(UnsafeRawBufferPointer(start: address, count: byteCount)) }
}
