import BraidEngine
import BraidPlatform
import Testing

/// Programs that are pushed many times.
@Suite struct ProgramReplayTests {
    /// As many jobs as asked for, in layers of four that read two values of the layer before, with an
    /// instance that all hold; the last job counts in the output.
    static func layered(_ count: Int) -> Program {
        var builder = Program.Builder(externals: 3)
        let (instance, input, output) = (
            builder.externals[0], builder.externals[1], builder.externals[2]
        )
        var layer = [input]
        while true {
            var next: [Program.Slot] = []
            for number in 0..<4 {
                if builder.jobCount == count - 1 {
                    builder.add("last", reads: layer, updates: [output], holds: [instance])
                    return builder.built()
                }
                let slot = builder.slot()
                builder.add(
                    "inner",
                    reads: [layer[number % layer.count], layer[(number + 1) % layer.count]],
                    overwrites: [slot], holds: [instance])
                next.append(slot)
            }
            layer = next
        }
    }

    @Test(arguments: Engine.Kind.all)
    func severalInstancesTakeTurns(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            let program = Self.layered(40)
            let instances = (0..<3).map { _ in Variable() }
            // By instance, the push that uses it and how many of its jobs are to come.
            let users = Locked(instances.map { _ in (round: 0, left: 0) })
            let areAlone = Flag(true)
            let total = Cells(1)
            let output = Variable()
            let rounds = Effort.count(500, full: 20_000)
            for round in 0..<rounds {
                let instance = round % 3
                engine.push(
                    program, label: "replay", externals: [instances[instance], Variable(), output]
                ) { job in
                    if job == 39 { total[0] += 1 }
                    users.withLock { users in
                        if users[instance].left == 0 { users[instance] = (round, 40) }
                        users[instance].left -= 1
                        if users[instance].round != round { areAlone.set(false) }
                    }
                }
            }
            try engine.waitAll()
            #expect(areAlone.isSet)
            #expect(total[0] == UInt64(rounds))
            #expect(output.version == UInt64(rounds))
        }
    }

    @Test(arguments: PushingThreadsTests.kinds + [.simulated(seed: 5)])
    func severalThreadsPushOneProgram(kind: Engine.Kind) throws {
        let engine = Engine(kind, limits: Engine.Limits(jobs: 100))
        try Watchdog.run(engine) {
            // Each job appends to a log of its own; all logs must see the pushes in one order.
            let count = 6
            var builder = Program.Builder(externals: count)
            for external in builder.externals { builder.add("append", updates: [external]) }
            let program = builder.built()
            let variables = (0..<count).map { _ in Variable() }
            let logs = Locked(Array(repeating: [Int](), count: count))
            let rounds = Effort.count(300, full: 10_000)
            UserThread.run(4) { thread in
                let order = thread % 2 == 0 ? Array(0..<count) : (0..<count).reversed()
                for round in 0..<rounds {
                    engine.push(program, label: "log", externals: order.map { variables[$0] }) {
                        job in logs.withLock { $0[order[job]].append(4 * round + thread) }
                    }
                    engine.push("between", updates: [variables[round % count]]) {}
                }
            }
            try engine.waitAll()
            let seen = logs.withLock { $0 }
            #expect(seen[0].count == 4 * rounds)
            for log in seen { #expect(log == seen[0]) }
        }
    }

    /// A program counts as many jobs as it has and is admitted as a whole.
    @Test func programsCountTheirJobs() throws {
        let engine = Engine(.threaded(threads: 2), limits: Engine.Limits(jobs: 100))
        try Watchdog.run(engine) {
            let (small, large) = (Self.layered(30), Self.layered(250))
            let greatest = Locked(0)
            let isAlone = Flag(true)
            for round in 0..<60 {
                let isLarge = round % 10 == 5
                engine.push(
                    isLarge ? large : small, label: "counted",
                    externals: [Variable(), Variable(), Variable()]
                ) { _ in
                    let count = engine.counters.inFlight
                    if isLarge {
                        if count > 250 { isAlone.set(false) }
                    } else {
                        greatest.withLock { $0 = max($0, count) }
                    }
                }
            }
            try engine.waitAll()
            #expect(greatest.withLock { $0 } <= 100)
            #expect(greatest.withLock { $0 } > 30)
            #expect(isAlone.isSet)
            #expect(engine.counters.blockedPushes > 0)
            #expect(engine.counters.completed == 54 * 30 + 6 * 250)
            #expect(engine.counters.pushed == engine.counters.completed)
        }
    }

    /// What the body captured dies once, before the push counts as ended; `stop` runs what is queued.
    @Test(arguments: Engine.Kind.all)
    func bodiesDieOnce(kind: Engine.Kind) throws {
        final class Captured: Sendable {
            let deaths: Counter
            init(_ deaths: Counter) { self.deaths = deaths }
            deinit { deaths.add() }
            func use() {}
        }
        let engine = Engine(kind)
        Watchdog.run(engine) {
            let program = Self.layered(12)
            let deaths = Counter()
            for round in 1...Effort.count(500, full: 20_000) {
                let object = Captured(deaths)
                engine.push(
                    program, label: "captures", externals: [Variable(), Variable(), Variable()]
                ) { [object] job in
                    object.use()
                    if round % 5 == 0, job == 3 { throw TestFailure(number: round) }
                }
                _ = consume object
                if round % 7 == 0 { engine.stop() } else { _ = engine.failureOfAll() }
                #expect(deaths.count == round)
            }
        }
    }

    @Test func recordsAndReportsNameInnerJobs() throws {
        let engine = Engine(.threaded(threads: 1))
        try Watchdog.run(engine) {
            var builder = Program.Builder(externals: 2)
            let link = builder.slot()
            builder.add("first", reads: [builder.externals[0]], overwrites: [link])
            builder.add("second", updates: [link, builder.externals[1]])
            builder.add("third", updates: [builder.externals[1]])
            let program = builder.built()
            let (x, y) = (Variable(), Variable())
            let (gate, started) = (Semaphore(), Semaphore())
            engine.startRecording()
            engine.push("writer", updates: [y]) {}
            engine.push(program, label: "program", externals: [x, y]) { job in
                if job == 0 {
                    started.signal()
                    gate.wait()
                }
            }
            engine.push("reader", reads: [y]) {}
            started.wait()
            #expect(
                engine.waitReport() == """
                    'first' (2) of 'program' runs
                    'second' (3) of 'program' waits for 'first' (2)
                    'third' (4) of 'program' waits for 'second' (3)
                    'reader' (5) waits for 'second' (3), 'third' (4)

                    """)
            gate.signal()
            try engine.waitAll()
            #expect(
                engine.stopRecording().map(\.label) == [
                    "writer", "first", "second", "third", "reader",
                ])
        }
    }

    @Test(.disabled(if: Effort.isLight)) func memoryStaysFlat() async {
        await #expect(processExitsWith: .success) {
            let engine = Engine(.threaded(threads: 2))
            let program = ProgramReplayTests.layered(50)
            let instances = (0..<4).map { _ in Variable() }
            let output = Variable()
            func run(_ count: Int) throws {
                for round in 0..<count {
                    engine.push(
                        program, label: "replay",
                        externals: [instances[round % 4], Variable(), output]
                    ) { _ in }
                }
                try engine.waitAll()
            }
            try run(1_000)
            let before = residentBytes()
            try run(10_000)
            let growth = residentBytes() - before
            precondition(growth < 4 << 20, "grew by \(growth) bytes")
        }
    }

    #if os(Linux)
        /// Objects per push do not depend on the number of jobs.
        @Test func allocationsDoNotGrowWithTheProgram() async {
            await #expect(processExitsWith: .success) {
                let engine = Engine(.serial)
                let variables = (0..<3).map { _ in Variable() }
                func allocations(_ count: Int) -> Int {
                    let program = ProgramReplayTests.layered(count)
                    let push = {
                        engine.push(program, label: "replay", externals: variables) { _ in }
                    }
                    for _ in 0..<3 { push() }
                    return AllocationCounter.count { for _ in 0..<10 { push() } }
                }
                let (small, large) = (allocations(10), allocations(2_000))
                precondition(small > 0, "nothing was counted")
                precondition(small == large, "\(small) objects for 10 jobs, \(large) for 2000")
                precondition(large <= 10 * 10, "\(large) objects in 10 pushes")
            }
        }
    #endif
}
