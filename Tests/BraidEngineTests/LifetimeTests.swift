import BraidEngine
import Testing

/// What jobs name and capture dies once, after its last use, and may do what it likes then.
@Suite struct LifetimeTests {
    /// Counts its deaths.
    private final class Captured: Sendable {
        let deaths: Counter
        let atEnd: (@Sendable () -> Void)?
        init(_ deaths: Counter, atEnd: (@Sendable () -> Void)? = nil) {
            self.deaths = deaths
            self.atEnd = atEnd
        }
        deinit {
            atEnd?()
            deaths.add()
        }
        func use() {}
    }

    private final class Tag: Variable, @unchecked Sendable {
        let deaths: Counter
        let atEnd: (@Sendable () -> Void)?
        init(_ deaths: Counter, atEnd: (@Sendable () -> Void)? = nil) {
            self.deaths = deaths
            self.atEnd = atEnd
        }
        deinit {
            atEnd?()
            deaths.add()
        }
    }

    private final class FailureWithEnd: Error {
        let captured: Captured
        init(_ captured: Captured) { self.captured = captured }
    }

    /// A job's variables go just after its end, perhaps on another thread.
    private func expect(_ counter: Counter, reaches count: Int) {
        for _ in 0..<5_000 where counter.count != count { sleep(milliseconds: 1) }
        #expect(counter.count == count)
    }

    @Test(arguments: Engine.Kind.all)
    func everythingDiesOnce(kind: Engine.Kind) {
        let engine = Engine(kind)
        Watchdog.run(engine) {
            let (captured, tags) = (Counter(), Counter())
            var random = RandomSource(seed: 1)
            let count = Effort.count(2_000, full: 100_000)
            var recent: [Tag] = []
            for _ in 0..<count {
                let tag = Tag(tags)
                let object = Captured(captured)
                let fails = random.chance(0.1)
                let inputs = recent.isEmpty ? [] : [recent[random.next(below: recent.count)]]
                engine.push("job", reads: inputs, overwrites: [tag]) {
                    object.use()
                    if fails { throw FailureWithEnd(object) }
                }
                recent.append(tag)
                if recent.count > 5 { recent.removeFirst() }
            }
            recent = []
            _ = engine.failureOfAll()
            expect(tags, reaches: count)
            // The failures died with the variables that carried them.
            expect(captured, reaches: count)
        }
    }

    /// Bodies are let go before the job counts as ended.
    @Test(arguments: Engine.Kind.all)
    func capturedObjectsDieBeforeTheEnd(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            let deaths = Counter()
            for round in 1...Effort.count(1_000, full: 50_000) {
                let variable = Variable()
                let object = Captured(deaths)
                engine.push("job", updates: [variable]) { [object] in object.use() }
                _ = consume object
                try engine.wait(for: variable)
                #expect(deaths.count == round)
            }
        }
    }

    @Test func queuedJobsKeepTheirVariables() throws {
        let engine = Engine(.threaded(threads: 2))
        try Watchdog.run(engine) {
            let deaths = Counter()
            let gate = Semaphore()
            let first = Variable()
            engine.push("gate", updates: [first]) { gate.wait() }
            do {
                let tag = Tag(deaths)
                for _ in 0..<10 { engine.push("use", reads: [first], updates: [tag]) {} }
            }
            sleep(milliseconds: 10)
            #expect(deaths.count == 0)
            gate.signal()
            try engine.waitAll()
            expect(deaths, reaches: 1)
        }
    }

    /// Nothing of the user's dies under the engine's lock, and a push at the death of a captured
    /// object is a push from inside the job, so that even a full engine admits it.
    @Test(arguments: [1, 2])
    func endsMayUseTheEngine(threads: Int) throws {
        let engine = Engine(.threaded(threads: threads), limits: Engine.Limits(jobs: 1))
        Watchdog.run(engine) {
            let (captured, tags, pushed) = (Counter(), Counter(), Counter())
            let push: @Sendable () -> Void = {
                engine.push("at the end") { pushed.add() }
                _ = engine.waitReport()
            }
            let count = Effort.count(500, full: 20_000)
            for number in 0..<count {
                let tag = Tag(tags, atEnd: push)
                let object = Captured(captured, atEnd: push)
                engine.push("job", updates: [tag]) { [object] in
                    if number % 3 == 0 { throw FailureWithEnd(object) }
                }
                // Displaces the failure.
                engine.push("overwrite", overwrites: [tag]) {}
                if number % 50 == 0 { _ = engine.failureOfAll() }
            }
            _ = engine.failureOfAll()
            expect(tags, reaches: count)
            expect(captured, reaches: count)
            _ = engine.failureOfAll()
            #expect(pushed.count == 2 * count)
        }
    }

    /// A job that waits runs another one on top of its stack; what dies with that may push.
    @Test(arguments: Engine.Kind.all)
    func endsOnTopOfAWaitMayUseTheEngine(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            let (tags, pushed) = (Counter(), Counter())
            engine.push("outer") {
                let result = Variable()
                do {
                    let tag = Tag(tags, atEnd: { engine.push("at the end") { pushed.add() } })
                    engine.push("inner", overwrites: [result, tag]) {}
                }
                try engine.wait(for: result)
            }
            try engine.waitAll()
            expect(tags, reaches: 1)
            try engine.waitAll()
            #expect(pushed.count == 1)
        }
    }

    /// Variables may move between engines, each used with one at a time.
    @Test func variablesOutliveEngines() throws {
        let variable = Variable()
        for round in 1...20 {
            let engine = Engine(round % 2 == 0 ? .threaded(threads: 2) : .serial)
            for _ in 0..<10 { engine.push("write", updates: [variable]) {} }
            try engine.wait(for: variable)
            #expect(variable.version == UInt64(10 * round))
        }
    }

    @Test(.disabled(if: Effort.isLight)) func memoryStaysFlat() async {
        await #expect(processExitsWith: .success) {
            let engine = Engine(.threaded(threads: 2), limits: Engine.Limits(jobs: 1_000))
            func run(_ count: Int) throws {
                for _ in 0..<count {
                    let variable = Variable()
                    engine.push("write", overwrites: [variable]) {}
                    engine.push("read", reads: [variable]) {}
                }
                try engine.waitAll()
            }
            try run(Effort.count(20_000, full: 100_000))
            let before = residentBytes()
            try run(Effort.count(100_000, full: 1_000_000))
            let growth = residentBytes() - before
            precondition(growth < 8 << 20, "grew by \(growth) bytes")
        }
    }
}
