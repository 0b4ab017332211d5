import BraidEngine
import Testing

/// Small work that runs on the calling thread when one atomic word per variable allows it.
@Suite struct InlineAccessTests {
    @Test func grantsFollowTheRules() throws {
        let engine = Engine(.threaded(threads: 2))
        try Watchdog.run(engine) {
            let variable = Variable()
            #expect(variable.isIdle)
            #expect(variable.tryBeginRead())
            #expect(variable.tryBeginRead())
            #expect(!variable.tryBeginWrite())
            variable.endRead()
            variable.endRead()
            #expect(variable.tryBeginWrite())
            #expect(!variable.tryBeginRead())
            #expect(!variable.tryBeginWrite())
            variable.endWrite()
            #expect(variable.version == 1)
            #expect(variable.isIdle)

            // A queued write holds inline accesses back, and they hold it back.
            #expect(variable.tryBeginRead())
            let gate = Semaphore()
            engine.push("write", updates: [variable]) { gate.wait() }
            #expect(!variable.tryBeginRead())
            #expect(!variable.isIdle)
            sleep(milliseconds: 10)
            #expect(engine.waitReport().contains("'write' (1) waits"))
            variable.endRead()
            gate.signal()
            try engine.wait(for: variable)
            #expect(variable.isIdle)

            engine.push("fail", overwrites: [variable]) { throw TestFailure(number: 1) }
            try? engine.waitAll()
            #expect(!variable.tryBeginRead())
            #expect(!variable.tryBeginWrite())
            engine.push("overwrite", overwrites: [variable]) {}
            try engine.wait(for: variable)
            #expect(variable.tryBeginRead())
            variable.endRead()
        }
    }

    /// A job that reads holds back inline writes alone, and an inline reader waits for no queue of readers.
    @Test func inlineReadsPassQueuedReaders() throws {
        let engine = Engine(.threaded(threads: 2))
        try Watchdog.run(engine) {
            let variable = Variable()
            let gate = Semaphore()
            engine.push("read", reads: [variable]) { gate.wait() }
            #expect(!variable.tryBeginWrite())
            #expect(variable.tryBeginRead())
            engine.push("write", updates: [variable]) {}
            #expect(!variable.tryBeginRead())
            gate.signal()
            sleep(milliseconds: 10)
            #expect(!variable.isIdle)
            variable.endRead()
            try engine.wait(for: variable)
            #expect(variable.version == 1)
            try engine.waitAll()
            #expect(variable.isIdle)
        }
    }

    /// One thread mixes both ways at random: the program order holds.
    @Test(arguments: Engine.Kind.threadCounts)
    func mixedAccessesKeepProgramOrder(threads: Int) throws {
        try Watchdog.run { watchdog in
            for seed in 0..<UInt64(Effort.count(60, full: 3_000)) {
                let engine = Engine(.threaded(threads: threads))
                watchdog.observe(engine, "seed \(seed)")
                let variables = (0..<5).map { _ in Variable() }
                let cells = Cells(5)
                var expected = [UInt64](repeating: 0, count: 5)
                var writes = [UInt64](repeating: 0, count: 5)
                var random = RandomSource(seed: seed)
                for round in 0..<500 {
                    let source = random.next(below: 5)
                    let target = (source + 1 + random.next(below: 4)) % 5
                    expected[target] = mix(expected[target] &+ expected[source] &+ UInt64(round))
                    writes[target] += 1
                    let body: @Sendable () -> Void = {
                        cells[target] = mix(cells[target] &+ cells[source] &+ UInt64(round))
                    }
                    if random.chance(0.3) {
                        engine.push(
                            "job", reads: [variables[source]], updates: [variables[target]], body)
                    } else {
                        engine.access(variables[source], variables[target], body)
                    }
                    if random.chance(0.05) { try engine.wait(for: variables[target]) }
                }
                try engine.waitAll()
                #expect((0..<5).map { cells[$0] } == expected, "seed \(seed)")
                #expect(variables.map(\.version) == writes, "seed \(seed)")
            }
        }
    }

    /// Several threads mix both ways: writers are alone, nothing is lost.
    @Test(arguments: Engine.Kind.threadCounts)
    func mixedAccessesOfSeveralThreads(threads: Int) throws {
        let engine = Engine(.threaded(threads: threads))
        try Watchdog.run(engine) {
            let rounds = Effort.count(10_000, full: 1_000_000)
            let variables = (0..<3).map { _ in Variable() }
            // Two words of each variable, always changed together.
            let cells = Cells(6)
            let torn = Counter()
            UserThread.run(3) { thread in
                var random = RandomSource(seed: UInt64(thread))
                for _ in 0..<rounds {
                    let source = random.next(below: 3)
                    let target = (source + 1 + random.next(below: 2)) % 3
                    engine.access(variables[source], variables[target]) {
                        if cells[2 * source] != cells[2 * source + 1] {
                            torn.add()
                        }
                        cells[2 * target] += 1
                        cells[2 * target + 1] += 1
                    }
                }
            }
            try engine.waitAll()
            #expect(torn.count == 0)
            #expect((0..<3).reduce(0) { $0 + cells[2 * $1] } == UInt64(3 * rounds))
            #expect(variables.map(\.version) == (0..<3).map { cells[2 * $0] })
        }
    }

    @Test func simulatedEngineRefusesInlineWork() {
        #expect(!Engine(.simulated(seed: 1)).permitsInline)
        #expect(Engine(.serial).permitsInline)
        #expect(Engine(.threaded(threads: 1)).permitsInline)
    }
}

extension Engine {
    /// Reads one variable and changes another, at once if nothing is in the way.
    fileprivate func access(
        _ source: Variable, _ target: Variable, _ body: @escaping @Sendable () -> Void
    ) {
        guard source.tryBeginRead() else {
            return push("access", reads: [source], updates: [target], body)
        }
        guard target.tryBeginWrite() else {
            source.endRead()
            return push("access", reads: [source], updates: [target], body)
        }
        body()
        target.endWrite()
        source.endRead()
    }
}
