import BraidRuntime
import Testing

struct MemoryPoolTests {
    @Test func sizeClassesCoverTheirRequestsTightly() {
        var last = 0
        for requested in Array(0..<5000)
            + (13..<40).flatMap({ [1 << $0 - 1, 1 << $0, 1 << $0 + 1] })
        {
            let (index, byteCount) = MemoryPool.sizeClass(for: requested)
            #expect(byteCount >= requested && byteCount % 64 == 0)
            #expect(byteCount <= 256 || Double(byteCount) <= 1.25 * Double(requested) + 64)
            #expect(MemoryPool.sizeClass(for: byteCount).index == index)
            if requested > 0, requested < 5000 { #expect(index >= last && index <= last + 1) }
            if requested < 5000 { last = index }
        }
    }

    @Test func blocksAreAlignedDistinctAndCounted() throws {
        let base = MemoryPool.liveByteCount
        let sizes = [1, 64, 65, 1000, 1 << 20, 3_000_000]
        let blocks = try sizes.map { try MemoryPool.allocate($0) }
        for (block, size) in zip(blocks, sizes) {
            #expect(UInt(bitPattern: block) % 64 == 0)
            block.initializeMemory(as: UInt8.self, repeating: UInt8(size % 251), count: size)
        }
        for (block, size) in zip(blocks, sizes) {
            #expect(block.load(fromByteOffset: size - 1, as: UInt8.self) == UInt8(size % 251))
        }
        #expect(MemoryPool.liveByteCount >= base + sizes.reduce(0, +))
        for (block, size) in zip(blocks, sizes) { MemoryPool.deallocate(block, size) }
    }

    @Test func aFreedBlockServesTheNextRequest() throws {
        let block = try MemoryPool.allocate(777_777)
        MemoryPool.deallocate(block, 777_777)
        let again = try MemoryPool.allocate(777_700)
        #expect(again == block)
        MemoryPool.deallocate(again, 777_700)
    }
}
