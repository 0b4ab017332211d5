import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Memory of the process.
func residentBytes() -> Int {
    #if os(Linux)
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = fread(&bytes, 1, bytes.count, file)
        let words = String(decoding: bytes[..<count], as: UTF8.self).split(separator: " ")
        return Int(words[1])! * sysconf(Int32(_SC_PAGESIZE))
    #else
        return 0
    #endif
}

#if os(Linux)
    /// Counts the objects that Swift allocates, arrays' and closures' storage included, by the hook
    /// that the runtime has for instruments. For processes of one test: the hook stays.
    enum AllocationCounter {
        private typealias Allocate =
            @convention(c) (
                UnsafeRawPointer?, Int, Int
            ) -> UnsafeMutableRawPointer?

        private static let count = Atomic<Int>(0)
        private nonisolated(unsafe) static var allocate: Allocate?

        static func count(_ body: () -> Void) -> Int {
            if allocate == nil { install() }
            let before = count.load(ordering: .relaxed)
            body()
            return count.load(ordering: .relaxed) - before
        }

        private static func install() {
            let library = dlopen(nil, RTLD_NOW)
            let hook = dlsym(library, "_swift_allocObject")
            let flag = dlsym(
                library,
                "_swift_enableSwizzlingOfAllocationAndRefCountingFunctions_forInstrumentsOnly")
            guard let hook, let flag else { fatalError("the runtime has no allocation hook") }
            let slot = hook.assumingMemoryBound(to: Allocate.self)
            allocate = slot.pointee
            count.store(0, ordering: .relaxed)
            slot.pointee = { metadata, size, alignment in
                AllocationCounter.count.wrappingAdd(1, ordering: .relaxed)
                return AllocationCounter.allocate!(metadata, size, alignment)
            }
            flag.storeBytes(of: true, as: Bool.self)
        }
    }
#endif
