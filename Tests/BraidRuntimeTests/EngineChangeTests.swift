import Braid
import BraidRuntime
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Arrays go over from one engine to another.
@Suite struct EngineChangeTests {
    /// Bytes that only jobs keep alive count against the engine of those jobs, and leave its count again,
    /// whichever engine arrays use by then.
    @Test func orphanedBytesStayWithTheirEngine() async {
        await #expect(processExitsWith: .success) {
            let first = Engine(.threaded(threads: 1))
            Runtime.use(first)
            func orphan() {
                let array = NDArray.ones([100_000])
                first.push("slow", updates: [array.storage]) { usleep(100_000) }
            }
            orphan()
            let second = Engine(.threaded(threads: 1), limits: Engine.Limits(bytes: 1_000))
            Runtime.use(second)
            // The array is gone, and the second engine has counted nothing, nor given anything back.
            second.addOrphanedBytes(2_000)
            second.push("slow") { usleep(50_000) }
            second.push("next") {}
            precondition(second.counters.blockedPushes == 1)
            try second.waitAll()
        }
    }
}
