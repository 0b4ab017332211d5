import BraidEngine
import BraidPlatform
import Testing

/// A producer cannot run ahead without bound.
@Suite struct BackPressureTests {
    @Test(arguments: [1, 2])
    func jobsInFlightStayUnderTheBound(threads: Int) throws {
        let engine = Engine(.threaded(threads: threads), limits: Engine.Limits(jobs: 8))
        try Watchdog.run(engine) {
            let greatest = Locked(0)
            let variables = (0..<3).map { _ in Variable() }
            for number in 0..<500 {
                engine.push("job", updates: [variables[number % 3]]) {
                    let count = engine.counters.inFlight
                    greatest.withLock { $0 = max($0, count) }
                    if number % 16 == 0 { sleep(milliseconds: 1) }
                }
            }
            try engine.waitAll()
            #expect(greatest.withLock { $0 } <= 8)
            #expect(greatest.withLock { $0 } > 1)
            #expect(engine.counters.blockedPushes > 0)
            #expect(engine.counters.completed == 500)
        }
    }

    /// Jobs of the io lane are no work for compute threads: as long as those have nothing to do, more is
    /// pushed whatever the bytes.
    @Test func ioJobsKeepNoComputeThreadBusy() throws {
        let engine = Engine(
            .threaded(threads: 1), limits: Engine.Limits(jobs: 100, bytes: 1 << 20, cachedBytes: 64)
        )
        try Watchdog.run(engine) {
            let gate = Semaphore()
            for _ in 0..<20 { engine.push("read", lane: .io, bytes: 100) { gate.wait() } }
            let done = Variable()
            engine.push("compute", updates: [done], bytes: 100) {}
            try engine.wait(for: done)
            #expect(engine.counters.blockedPushes == 0)
            for _ in 0..<20 { gate.signal() }
            try engine.waitAll()
        }
    }

    /// An observer may be a task that must not block or work.
    @Test(arguments: [1, 2])
    func observersAreAdmittedAtOnce(threads: Int) throws {
        let engine = Engine(.threaded(threads: threads), limits: Engine.Limits(jobs: threads))
        try Watchdog.run(engine) {
            let gate = Semaphore()
            let variable = Variable()
            for _ in 0..<threads { engine.push("blocked", reads: [variable]) { gate.wait() } }
            let observed = Counter()
            for _ in 0..<50 { engine.notify(when: variable) { _ in observed.add() } }
            #expect(engine.counters.blockedPushes == 0)
            for _ in 0..<threads { gate.signal() }
            try engine.waitAll()
            #expect(observed.count == 50)
        }
    }

    @Test func bytesInFlightStayUnderTheBound() throws {
        let engine = Engine(.threaded(threads: 2), limits: Engine.Limits(bytes: 1_000))
        try Watchdog.run(engine) {
            let greatest = Locked(0)
            let isAlone = Flag(true)
            UserThread.run(2) { thread in
                for number in 0..<300 {
                    if thread == 0, number % 100 == 50 {
                        engine.push("huge", bytes: 5_000) {
                            if engine.counters.inFlight != 1 { isAlone.set(false) }
                            // Whoever pushes now waits for the end.
                            sleep(milliseconds: 2)
                            if engine.counters.inFlight != 1 { isAlone.set(false) }
                        }
                    }
                    engine.push("job", bytes: 150) {
                        let count = engine.counters.inFlight
                        greatest.withLock { $0 = max($0, count) }
                    }
                }
            }
            try engine.waitAll()
            #expect(greatest.withLock { $0 } * 150 <= 1_000)
            #expect(isAlone.isSet)
            #expect(engine.counters.blockedPushes > 0)
        }
    }

    @Test(arguments: Engine.Kind.all)
    func pushesFromInsideJobsAreAdmitted(kind: Engine.Kind) throws {
        let engine = Engine(kind, limits: Engine.Limits(jobs: 2, bytes: 100))
        try Watchdog.run(engine) {
            let count = Counter()
            // What the children wait for until the parent ends.
            let variable = Variable()
            engine.push("parent", updates: [variable]) {
                for _ in 0..<50 {
                    engine.push("child", reads: [variable], bytes: 90) { count.add() }
                }
                #expect(engine.counters.inFlight == 51)
            }
            try engine.waitAll()
            #expect(count.count == 50)
            #expect(engine.counters.blockedPushes == 0)
        }
    }

    @Test func theBlockedPusherHelps() throws {
        let engine = Engine(.threaded(threads: 2), limits: Engine.Limits(jobs: 4))
        try Watchdog.run(engine) {
            let pusher = currentThread()
            let hasHelped = Flag()
            let (gate, started) = (Semaphore(), Semaphore())
            engine.push("until the pusher has helped") {
                started.signal()
                gate.wait()
            }
            // One worker at most is left, and the pusher.
            started.wait()
            while !hasHelped.isSet {
                engine.push("job") {
                    if currentThread() == pusher { hasHelped.set() }
                    sleep(milliseconds: 1)
                }
            }
            gate.signal()
            try engine.waitAll()
        }
    }

    @Test func orphanedBytesCount() throws {
        let engine = Engine(.threaded(threads: 1), limits: Engine.Limits(bytes: 1_000))
        try Watchdog.run(engine) {
            let gate = Semaphore()
            engine.push("holder") { gate.wait() }
            engine.addOrphanedBytes(900)
            let isPushed = Flag()
            let thread = UserThread {
                engine.push("job", bytes: 200) {}
                isPushed.set()
            }
            sleep(milliseconds: 20)
            #expect(!isPushed.isSet)
            #expect(engine.counters.blockedPushes == 1)
            gate.signal()
            thread.join()
            Engine.removeOrphanedBytes(900, ofEngine: engine.number)
            try engine.waitAll()

            engine.push("holder") { gate.wait() }
            engine.push("job", bytes: 200) {}
            #expect(engine.counters.blockedPushes == 1)
            gate.signal()
            try engine.waitAll()
        }
    }

    /// Pushes do not run far ahead of the jobs where that costs memory.
    @Test func cachedBytesCountOnceThereAreJobsEnough() throws {
        let engine = Engine(.threaded(threads: 1), limits: Engine.Limits(cachedBytes: 1_000))
        try Watchdog.run(engine) {
            let (gate, count) = (Semaphore(), Counter())
            @Sendable func pushMany() {
                engine.push("holder") { gate.wait() }
                for _ in 0..<20 { engine.push("job") { count.add() } }
            }
            engine.addOrphanedBytes(900)
            pushMany()
            #expect(engine.counters.blockedPushes == 0)
            gate.signal()
            try engine.waitAll()

            engine.addOrphanedBytes(900)
            let thread = UserThread { pushMany() }
            sleep(milliseconds: 20)
            #expect(engine.counters.blockedPushes == 1)
            let inFlight = engine.counters.inFlight
            #expect((2...10).contains(inFlight), "\(inFlight)")
            gate.signal()
            thread.join()
            try engine.waitAll()
            #expect(count.count == 40)
            Engine.removeOrphanedBytes(1_800, ofEngine: engine.number)
        }
    }

    @Test func oneJobAtATime() throws {
        let engine = Engine(.threaded(threads: 4), limits: Engine.Limits(jobs: 1))
        try Watchdog.run(engine) {
            let count = Counter()
            UserThread.run(3) { _ in
                for _ in 0..<Effort.count(500, full: 20_000) {
                    engine.push("job") { count.add() }
                }
            }
            try engine.waitAll()
            #expect(count.count == 3 * Effort.count(500, full: 20_000))
        }
    }

    @Test func limitsThatAreSetLaterArePositiveToo() async {
        await #expect(processExitsWith: .failure) {
            var limits = Engine.Limits()
            limits.jobs = 0
            _ = Engine(limits: limits)
        }
    }
}
