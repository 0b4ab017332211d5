import BraidEngine
import BraidPlatform
import Testing

/// Waits from outside jobs.
@Suite struct WaitTests {
    @Test(arguments: Engine.Kind.all)
    func untouchedVariableIsReadyAtOnce(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            try engine.wait(for: Variable())
            try engine.waitAll()
            #expect(engine.counters.pushed == 0)
        }
    }

    @Test(arguments: Engine.Kind.threadCounts)
    func waitIsNotDelayedByReadersAndWaitAllIs(threads: Int) throws {
        let engine = Engine(.threaded(threads: threads))
        try Watchdog.run(engine) {
            let variable = Variable()
            let gate = Semaphore()
            let written = Flag()
            engine.push("writer", overwrites: [variable]) {
                sleep(milliseconds: 5)
                written.set()
            }
            engine.push("reader", reads: [variable]) { gate.wait() }
            try engine.wait(for: variable)
            let wasWritten = written.isSet
            #expect(wasWritten)
            #expect(engine.counters.inFlight == 1)

            let hasReturned = Flag()
            let waiter = UserThread {
                try? engine.waitAll()
                hasReturned.set()
            }
            sleep(milliseconds: 20)
            let isEarly = hasReturned.isSet
            #expect(!isEarly)
            gate.signal()
            waiter.join()
            #expect(engine.counters.inFlight == 0)
        }
    }

    @Test(arguments: PushingThreadsTests.kinds)
    func severalThreadsWait(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        Watchdog.run(engine) {
            let variables = (0..<4).map { _ in Variable() }
            let cells = Cells(4)
            let wrong = Counter()
            UserThread.run(4) { thread in
                for round in 0..<Effort.count(500, full: 20_000) {
                    engine.push("mine", updates: [variables[thread]]) { cells[thread] += 1 }
                    engine.push("look", reads: variables) {}
                    try? engine.wait(for: variables[(thread + round) % 4])
                    try? engine.wait(for: variables[thread])
                    if cells[thread] != UInt64(round + 1) {
                        wrong.add()
                    }
                    if round % 50 == 0 { try? engine.waitAll() }
                }
            }
            #expect(wrong.count == 0)
        }
    }

    @Test(arguments: Engine.Kind.all)
    func waitAllCoversNestedPushes(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            let count = Counter()
            engine.push("parent") {
                for _ in 0..<10 {
                    engine.push("child") {
                        engine.push("grandchild") { count.add() }
                    }
                }
            }
            try engine.waitAll()
            #expect(count.count == 10)
        }
    }

    @Test(arguments: Engine.Kind.all)
    func observersAreToldOnceAndOfFailures(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        Watchdog.run(engine) {
            let variable = Variable()
            let seen = Locked<[String]>([])
            let note: @Sendable (EngineError?) -> Void = { error in
                seen.withLock { $0.append(error?.job ?? "fine") }
            }
            engine.notify(when: variable, note)
            engine.push("write", updates: [variable]) {}
            engine.notify(when: variable, note)
            engine.push("fail", updates: [variable]) { throw TestFailure(number: 1) }
            engine.notify(when: variable, note)
            engine.push("overwrite", overwrites: [variable]) {}
            engine.notify(when: variable, note)
            #expect(engine.failureOfAll()?.job == "fail")
            #expect(seen.withLock { $0 } == ["fine", "fine", "fail", "fine"])
            #expect(engine.counters.skipped == 0)
        }
    }

    @Test func observersNeedNoWaiter() async throws {
        let engine = Engine(.threaded(threads: 1))
        let variable = Variable()
        for _ in 0..<100 {
            engine.push("write", updates: [variable]) {}
            let failure = await withCheckedContinuation { continuation in
                engine.notify(when: variable) { continuation.resume(returning: $0) }
            }
            #expect(failure == nil)
        }
        #expect(variable.version == 100)
    }
}
