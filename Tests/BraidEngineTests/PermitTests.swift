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

/// At most `threads` bodies run at a time, whoever runs them.
@Suite struct PermitTests {
    /// How many bodies run now and at most so far.
    private final class Gauge: Sendable {
        private let running = Counter()
        private let greatest = Locked(0)

        var maximum: Int { greatest.withLock { $0 } }

        func enter() {
            let now = running.add()
            greatest.withLock { $0 = max($0, now) }
        }
        func leave() { running.add(-1) }
    }

    @Test(arguments: [1, 2, 3])
    func helpersAndWaitersIncluded(threads: Int) throws {
        let engine = Engine(.threaded(threads: threads))
        try Watchdog.run(engine) {
            let gauge = Gauge()
            UserThread.run(3) { thread in
                var random = RandomSource(seed: UInt64(thread))
                let variables = (0..<3).map { _ in Variable() }
                for round in 0..<Effort.count(500, full: 20_000) {
                    let waits = random.chance(0.3)
                    let splits = random.chance(0.2)
                    engine.push("job", updates: [variables[round % 3]]) {
                        gauge.enter()
                        if splits {
                            // The owner takes part: it stands for one of the pieces.
                            gauge.leave()
                            engine.parallelFor(4) { _ in
                                gauge.enter()
                                gauge.leave()
                            }
                            gauge.enter()
                        }
                        if waits {
                            let variable = Variable()
                            engine.push("child", updates: [variable]) {
                                gauge.enter()
                                gauge.leave()
                            }
                            gauge.leave()
                            try engine.wait(for: variable)
                            gauge.enter()
                        }
                        gauge.leave()
                    }
                    if random.chance(0.1) { try? engine.wait(for: variables[round % 3]) }
                }
            }
            try engine.waitAll()
            #expect(gauge.maximum <= threads)
            #expect(gauge.maximum >= 1)
        }
    }

    /// Threads that wait outside take pieces only with a permit, as they take jobs.
    @Test(arguments: [2, 3])
    func piecesIncluded(threads: Int) throws {
        let engine = Engine(.threaded(threads: threads))
        try Watchdog.run(engine) {
            let gauge = Gauge()
            UserThread.run(4) { _ in
                for _ in 0..<Effort.count(100, full: 5_000) {
                    let variable = Variable()
                    engine.push("split", updates: [variable]) {
                        engine.parallelFor(8) { _ in
                            gauge.enter()
                            for _ in 0..<5 { sched_yield() }
                            gauge.leave()
                        }
                    }
                    try? engine.wait(for: variable)
                }
            }
            try engine.waitAll()
            #expect(gauge.maximum <= threads)
            #expect(gauge.maximum > 1)
        }
    }

    /// Jobs that sleep in waits have stand-ins; when they go on they need a permit again.
    @Test(arguments: [1, 2])
    func standInsAndResumingWaitersIncluded(threads: Int) throws {
        let engine = Engine(.threaded(threads: threads))
        try Watchdog.run(engine) {
            let gauge = Gauge()
            for _ in 0..<Effort.count(50, full: 2_000) {
                let blocked = (0..<4).map { _ in Variable() }
                let waiting = Semaphore()
                for variable in blocked {
                    #expect(variable.tryBeginRead())
                    engine.push("waiter") {
                        engine.push("awaited", overwrites: [variable]) {
                            gauge.enter()
                            gauge.leave()
                        }
                        waiting.signal()
                        try engine.wait(for: variable)
                        gauge.enter()
                        sched_yield()
                        gauge.leave()
                    }
                }
                // All four sleep at once, whatever the number of threads.
                for _ in blocked { waiting.wait() }
                for _ in 0..<20 {
                    engine.push("other") {
                        gauge.enter()
                        sched_yield()
                        gauge.leave()
                    }
                }
                for variable in blocked { variable.endRead() }
                try engine.waitAll()
            }
            #expect(gauge.maximum <= threads)
            #expect(engine.counters.workers <= threads + 4)
        }
    }

    /// Two permits that come free at the same time go to two threads that wait for one.
    @Test func permitsThatComeFreeTogetherWakeTwo() throws {
        let engine = Engine(.threaded(threads: 2))
        try Watchdog.run(engine) {
            for _ in 0..<Effort.count(200, full: 5_000) {
                let (blocked, asleep, busy) = (Variable(), Semaphore(), Semaphore())
                let (together, free) = (Barrier(2), Barrier(3))
                #expect(blocked.tryBeginRead())
                // On a lane of its own: the permits to compute are taken when it runs.
                engine.push("awaited", overwrites: [blocked], lane: .io) {}
                for _ in 0..<2 {
                    engine.push("waiter") {
                        asleep.signal()
                        try engine.wait(for: blocked)
                        // Neither ends without the other.
                        together.meet()
                    }
                }
                for _ in 0..<2 { asleep.wait() }
                for _ in 0..<2 {
                    engine.push("busy") {
                        busy.signal()
                        free.meet()
                    }
                }
                for _ in 0..<2 { busy.wait() }
                blocked.endRead()
                usleep(300)
                free.meet()
                try engine.waitAll()
            }
        }
    }
}
