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

    /// Sizes that were used once make room for those that are used now. (The blocks are never touched, so that
    /// the system promises them only.)
    @Test func theCacheFollowsTheSizesInUse() throws {
        let old = try (0..<40).map { _ in try MemoryPool.allocate(100_000_000) }
        for block in old { MemoryPool.deallocate(block, 100_000_000) }
        func use() throws {
            let blocks = try (0..<4).map { _ in try MemoryPool.allocate(70_000_000) }
            for block in blocks { MemoryPool.deallocate(block, 70_000_000) }
        }
        for _ in 0..<1_000 { try use() }
        let before = MemoryPool.systemRequestCount
        for _ in 0..<10 { try use() }
        #expect(MemoryPool.systemRequestCount == before)
        MemoryPool.trim()
    }
}
