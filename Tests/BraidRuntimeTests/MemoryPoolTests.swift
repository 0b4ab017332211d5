import Braid
import BraidTestSupport
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

/// What is left when arrays are gone.
///
/// Runs alone: the pool is the process's.
@Suite(.serialized) struct MemoryPoolReleaseTests {
    /// Blocks of each size, a quarter of a GiB in all; never touched, so that the system promises them only.
    private static let sizes = [100, 4_000, 60_000, 1 << 19, 3 << 20, 100 << 20]
    private static let byteCount = 256 << 20

    private static var bound: Int { max(64 << 20, MemoryPool.livePeakByteCount / 8) }

    /// Blocks go, in whatever order and through whatever thread, until next to nothing is kept.
    @Test(arguments: sizes)
    func littleIsKeptOfWhatIsGone(_ size: Int) throws {
        MemoryPool.trim()
        let count = Self.byteCount / max(size, 1_000)
        let blocks = LockedBox<[Int]>(
            try (0..<count).map { _ in Int(bitPattern: try MemoryPool.allocate(size)) })
        #expect(MemoryPool.livePeakByteCount >= count * size - (2 << 20))
        parallel(4) { thread in
            for index in stride(from: thread, to: count, by: 4) {
                let block = UnsafeMutableRawPointer(bitPattern: blocks.value[index])!
                MemoryPool.deallocate(block, size)
            }
        }
        #expect(MemoryPool.cachedByteCount <= Self.bound)
    }

    @Test func arraysLeaveLittleBehind() throws {
        MemoryPool.trim()
        for round in 0..<3 {
            var arrays: [NDArray] = []
            for index in 0..<20_000 {
                arrays.append(.full([1_000 + 100 * (index % 50)], Double(index)))
            }
            try Runtime.waitAll()
            arrays = []
            try Runtime.waitAll()
            #expect(MemoryPool.cachedByteCount <= Self.bound, "round \(round)")
        }
        Runtime.trim()
        #expect(MemoryPool.cachedByteCount < 1 << 20)
    }

    /// As long as something lives that is worth the name, steps go on without the system.
    @Test func stepsDoNotAskTheSystem() throws {
        let weights = NDArray.ones([4 << 20])
        func step() throws {
            let parts = (0..<500).map { _ in NDArray.full([50_000], 1) }
            try Runtime.waitAll()
            withExtendedLifetime(parts) {}
        }
        for _ in 0..<3 { try step() }
        let before = MemoryPool.systemRequestCount
        for _ in 0..<10 { try step() }
        #expect(MemoryPool.systemRequestCount - before <= 2)
        withExtendedLifetime(weights) {}
    }
}
