import BraidEngine
import BraidPlatform
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Sleeping threads wake when they must, and only then.
@Suite struct WakeUpTests {
    /// Pushes meet workers in every stage of falling asleep.
    @Test(arguments: [1, 2])
    func noWakeUpIsLost(threads: Int) throws {
        let engine = Engine(.threaded(threads: threads))
        Watchdog.run(engine) {
            var random = RandomSource(seed: UInt64(threads))
            let variable = Variable()
            for round in 0..<Effort.count(20_000, full: 100_000) {
                pause(&random)
                if round % 2 == 0 {
                    engine.push("job", updates: [variable]) {}
                    #expect(engine.failure(of: variable) == nil)
                } else {
                    // A wait that cannot help.
                    let end = Semaphore()
                    engine.push("job", updates: [variable]) { end.signal() }
                    end.wait()
                }
            }
        }
    }

    @Test func noWakeUpOfABlockedPushIsLost() throws {
        let engine = Engine(.threaded(threads: 2), limits: Engine.Limits(jobs: 2))
        try Watchdog.run(engine) {
            let count = Counter()
            UserThread.run(3) { thread in
                var random = RandomSource(seed: UInt64(thread))
                for _ in 0..<Effort.count(3_000, full: 50_000) {
                    if random.chance(0.05) { pause(&random) }
                    engine.push("job") { count.add() }
                }
            }
            try engine.waitAll()
            #expect(count.count == 3 * Effort.count(3_000, full: 50_000))
        }
    }

    private func pause(_ random: inout RandomSource) {
        switch random.next(below: 100) {
        case 0: usleep(UInt32(random.next(below: 300)))
        case 1..<30: for _ in 0..<random.next(below: 20) { sched_yield() }
        case 30..<60:
            let end = seconds() + Double(random.next(below: 30)) * 1e-6
            while seconds() < end {}
        default: break
        }
    }

    #if os(Linux)
        @Test func idleThreadsUseNoProcessor() throws {
            let engine = Engine(.threaded(threads: 2))
            Watchdog.run(engine) {
                let clocks = Locked<[clockid_t]>([])
                let barrier = Barrier(2)
                for _ in 0..<2 {
                    engine.push("worker") {
                        var clock = clockid_t()
                        pthread_getcpuclockid(pthread_self(), &clock)
                        clocks.withLock { $0.append(clock) }
                        barrier.meet()
                    }
                }
                // Not by waiting, which would help.
                while engine.counters.completed < 2 { usleep(1_000) }
                usleep(50_000)
                let workers = clocks.withLock { $0 }
                let before = workers.map(processorSeconds)
                usleep(200_000)
                let used = zip(workers, before).map { processorSeconds($0) - $1 }
                #expect(used.allSatisfy { $0 < 0.001 }, "\(used)")
            }
        }

        private func processorSeconds(_ clock: clockid_t) -> Double {
            var time = timespec()
            clock_gettime(clock, &time)
            return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
        }
    #endif
}
