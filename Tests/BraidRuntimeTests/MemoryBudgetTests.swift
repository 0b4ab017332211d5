import Braid
import BraidPlatform
import Foundation
import Testing

struct MemoryBudgetTests {
    @Test func reservationsEndWithTheirHolders() throws {
        try MemoryBudget.limited(to: 1000) {
            var first: MemoryReservation? = try MemoryBudget.reserve(600)
            let error = #expect(throws: MemoryShortage.self) { try MemoryBudget.reserve(401) }
            #expect(error == MemoryShortage(wanted: 401, left: 400, limit: 1000))
            #expect(
                error?.description == "401 bytes of memory are wanted; 400 are left of 1000")
            let second = try MemoryBudget.reserve(400)
            #expect(throws: MemoryShortage.self) { try MemoryBudget.reserve(1) }
            first = nil
            _ = first
            try MemoryBudget.check(600)
            #expect(throws: MemoryShortage.self) { try MemoryBudget.check(601) }
            withExtendedLifetime(second) {}
        }
        for absurd in [Int.max, -1, .min, MemoryBudget.process.limit + 1] {
            #expect(throws: MemoryShortage.self) { try MemoryBudget.reserve(absurd) }
            #expect(throws: MemoryShortage.self) { _ = try ReservedBytes(absurd) }
        }
    }

    @Test func sumsAreBoundedAndNotOnlyItems() throws {
        try MemoryBudget.limited(to: 10_000) {
            var arrays: [NDArray] = []
            for _ in 0..<2 { arrays.append(try NDArray(reserving: TensorType(.u8, [5000]))) }
            let error = #expect(throws: ArrayError.self) {
                try NDArray(reserving: TensorType(.u8, [1]))
            }
            #expect(error?.code == .outOfMemory)
            withExtendedLifetime(arrays) {}
        }
        // Blocks of tensor memory are counted while they live.
        let array = try NDArray(reserving: TensorType(.u8, [1 << 30]))
        #expect(MemoryBudget.process.used >= 1 << 30)
        withExtendedLifetime(array) {}
        let large = TensorType(.u8, [1 << 20, MemoryBudget.process.limit >> 21])
        let error = #expect(throws: ArrayError.self) {
            var arrays: [NDArray] = []
            for _ in 0..<4 { arrays.append(try NDArray(allocating: large)) }
        }
        #expect(error?.code == .outOfMemory)
        #expect(error?.message.contains("bytes") == true)
    }

    @Test func manyThreadsTakeNoMoreThanThereIs() async {
        await withTaskGroup(of: Int.self) { group in
            MemoryBudget.limited(to: 100) {
                // Child tasks are in the scope of the task that made them.
                let held = Locked<[MemoryReservation]>([])
                for _ in 0..<4 {
                    group.addTask {
                        var count = 0
                        for _ in 0..<200 {
                            guard let one = try? MemoryBudget.reserve(1) else { continue }
                            held.withLock { $0.append(one) }
                            count += 1
                        }
                        return count
                    }
                }
            }
            let count = await group.reduce(0, +)
            #expect(count == 100)
        }
    }
}

struct ControlGroupTests {
    private func withTree(
        _ listing: String, _ files: [String: String], _ body: (ControlGroups) throws -> Void
    ) throws {
        try SerializationSupport.withFolder { folder in
            for (name, content) in files {
                let file = folder.appending(path: name)
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(content.utf8).write(to: file)
            }
            let list = folder.appending(path: "listing")
            try Data(listing.utf8).write(to: list)
            try body(ControlGroups(root: folder.path, listing: list.path))
        }
    }

    @Test func versionTwo() throws {
        try withTree(
            "0::/a/b\n",
            [
                "a/b/memory.max": "max\n", "a/memory.max": "5000\n", "memory.max": "9000\n",
                "a/b/cpu.max": "150000 100000\n", "a/cpu.max": "max 100000\n",
            ]
        ) { groups in
            #expect(groups.memoryByteCount == 5000)
            #expect(groups.cores == 2)
        }
    }

    @Test func versionOne() throws {
        try withTree(
            "5:cpu,cpuacct:/d/x\n4:memory:/d/x\n1:name=systemd:/\n",
            [
                "memory/d/x/memory.limit_in_bytes": "536870912\n",
                "memory/memory.limit_in_bytes": "9223372036854771712\n",
                "cpu,cpuacct/d/x/cpu.cfs_quota_us": "250000\n",
                "cpu,cpuacct/d/x/cpu.cfs_period_us": "100000\n",
                "cpu,cpuacct/cpu.cfs_quota_us": "-1\n", "cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            ]
        ) { groups in
            #expect(groups.memoryByteCount == 536_870_912)
            #expect(groups.cores == 3)
        }
        // As in a container, whose group is mounted as the root and listed with the host's path.
        try withTree(
            "4:memory:/docker/0123\n", ["memory/memory.limit_in_bytes": "1048576\n"]
        ) { #expect($0.memoryByteCount == 1 << 20) }
    }

    @Test func bothVersionsAndNone() throws {
        try withTree(
            "4:memory:/m\n0::/u\n",
            [
                "memory/m/memory.limit_in_bytes": "7000\n", "unified/u/memory.max": "6000\n",
                "unified/u/cpu.max": "50000 100000\n",
            ]
        ) { groups in
            #expect(groups.memoryByteCount == 6000)
            #expect(groups.cores == 1)
        }
        try withTree("", [:]) { groups in
            #expect(groups.memoryByteCount == nil)
            #expect(groups.cores == nil)
        }
    }
}
