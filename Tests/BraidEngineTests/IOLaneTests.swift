import BraidEngine
import BraidPlatform
import Testing

/// The io lane: its jobs are ordered as all others are, may block, and take no compute thread away.
@Suite struct IOLaneTests {
    // MARK: Values, versions and errors are those of the sequential program

    @Test(arguments: Engine.Kind.threadCounts)
    func threadedEqualsModel(threads: Int) {
        check(seeds: Effort.count(60, full: 2_000), length: 150) { _ in
            Engine(.threaded(threads: threads))
        }
    }

    @Test func tightLimitsChangeNothing() {
        check(seeds: Effort.count(40, full: 1_000), length: 100) { seed in
            Engine(.threaded(threads: 2), limits: Engine.Limits(jobs: 1 + Int(seed % 4)))
        }
    }

    @Test func serialEqualsModel() {
        check(seeds: Effort.count(60, full: 1_000), length: 100) { _ in Engine(.serial) }
    }

    @Test func simulatedEqualsModel() {
        check(seeds: Effort.count(300, full: 20_000), length: 60) { seed in
            Engine(.simulated(seed: seed))
        }
    }

    @Test func reusedEngineEqualsModel() {
        let engine = Engine(.threaded(threads: 2))
        check(seeds: Effort.count(50, full: 1_000), length: 100) { _ in engine }
    }

    private func check(seeds: Int, length: Int, _ engine: (UInt64) -> Engine) {
        ModelComparison.run(seeds: seeds, length: length, programs: 0.1, io: 0.3, engine)
    }

    @Test func simulatedOrdersFollowTheSeed() throws {
        func order(seed: UInt64) throws -> [Int] {
            let engine = Engine(.simulated(seed: seed))
            let order = Locked<[Int]>([])
            for number in 0..<6 {
                engine.push("job", lane: number % 2 == 0 ? .io : .compute) {
                    order.withLock { $0.append(number) }
                }
            }
            try engine.waitAll()
            return order.withLock { $0 }
        }
        let orders = try (0..<UInt64(100)).map(order)
        #expect(try (0..<UInt64(100)).map(order) == orders)
        #expect(Set(orders).count > 50)
    }

    // MARK: Threads

    @Test func threadsStartWhenUsedAndEndWithTheEngine() throws {
        let engine = Engine(.threaded(threads: 2))
        try Watchdog.run(engine) {
            for _ in 0..<100 { engine.push("job") {} }
            try engine.waitAll()
            #expect(engine.counters.ioThreads == 0)
            for _ in 0..<3 {
                engine.push("read", lane: .io) {}
                try engine.waitAll()
                #expect(engine.counters.ioThreads == 1)
                engine.stop()
                #expect(engine.counters.ioThreads == 0)
            }
        }
    }

    /// A thread that has started and not yet looked is on its way to the job: nobody starts a second one.
    @Test func oneJobStartsOneThread() throws {
        let isDone = Flag()
        for _ in 0..<Effort.count(60, full: 2_000) {
            let engine = Engine(.threaded(threads: 2))
            try Watchdog.run(engine) {
                isDone.set(false)
                // Looks all the time whether there is work.
                let other = UserThread {
                    let variable = Variable()
                    while !isDone.isSet {
                        engine.push("job", updates: [variable]) {}
                        _ = engine.failure(of: variable)
                    }
                }
                engine.push("read", lane: .io) { sleep(milliseconds: 1) }
                try engine.waitAll()
                isDone.set()
                other.join()
                #expect(engine.counters.ioThreads == 1)
            }
        }
    }

    /// One compute thread goes on while more io jobs than it has threads block.
    @Test func blockedJobsHoldNoComputeThread() throws {
        let engine = Engine(.threaded(threads: 1))
        try Watchdog.run(engine) {
            let gate = Semaphore()
            let file = Variable()
            let count = Counter()
            for _ in 0..<5 { engine.push("blocked", reads: [file], lane: .io) { gate.wait() } }
            for _ in 0..<100 { engine.push("job") { count.add() } }
            let last = Variable()
            engine.push("last", updates: [last]) {
                // All five are let go by a job that needs the one compute thread.
                for _ in 0..<5 { gate.signal() }
            }
            try engine.wait(for: last)
            engine.push("write", overwrites: [file], lane: .io) {}
            try engine.wait(for: file)
            try engine.waitAll()
            #expect(count.count == 100)
        }
    }

    @Test func jobsOverlap() throws {
        let engine = Engine(.threaded(threads: 1))
        try Watchdog.run(engine) {
            let barrier = Barrier(8)
            for _ in 0..<8 { engine.push("read", lane: .io) { barrier.meet() } }
            try engine.waitAll()
        }
    }

    /// Who waits outside jobs helps with compute jobs only.
    @Test func waitingThreadsRunNone() throws {
        let engine = Engine(.threaded(threads: 2))
        try Watchdog.run(engine) {
            let here = currentThread()
            let isElsewhere = Flag(true)
            for round in 0..<Effort.count(300, full: 10_000) {
                let variable = Variable()
                engine.push("read", overwrites: [variable], lane: .io) {
                    if currentThread() == here { isElsewhere.set(false) }
                }
                if round % 2 == 0 { try engine.wait(for: variable) } else { try engine.waitAll() }
            }
            #expect(isElsewhere.isSet)
        }
    }

    /// 32 jobs of the lane run at a time; of those that are ready the highest priority comes first.
    @Test func prioritiesOrderReadyJobs() throws {
        let engine = Engine(.threaded(threads: 2))
        try Watchdog.run(engine) {
            let (started, gate) = (Semaphore(), Semaphore())
            for _ in 0..<32 {
                engine.push("blocked", lane: .io) {
                    started.signal()
                    gate.wait()
                }
            }
            for _ in 0..<32 { started.wait() }
            let order = Locked<[Int]>([])
            let isDone = Semaphore()
            for priority in [1, 3, 2] {
                engine.push("job", priority: priority, lane: .io) {
                    order.withLock { $0.append(priority) }
                    isDone.signal()
                }
            }
            gate.signal()
            for _ in 0..<3 { isDone.wait() }
            #expect(order.withLock { $0 } == [3, 2, 1])
            #expect(engine.counters.ioThreads == 32)
            for _ in 0..<31 { gate.signal() }
            try engine.waitAll()
        }
    }

    // MARK: Inside jobs

    @Test(arguments: Engine.Kind.all)
    func jobsPushAndWait(kind: Engine.Kind) throws {
        let engine = Engine(kind, limits: Engine.Limits(jobs: 2))
        try Watchdog.run(engine) {
            let cells = Cells(2)
            let result = Variable()
            for (outer, inner) in [(Lane.io, Lane.compute), (.compute, .io), (.io, .io)] {
                engine.push("outer", updates: [result], lane: outer) {
                    let variable = Variable()
                    for _ in 0..<10 {
                        engine.push("inner", updates: [variable], lane: inner) { cells[1] += 1 }
                    }
                    try engine.wait(for: variable)
                    cells[0] += cells[1]
                }
            }
            try engine.wait(for: result)
            #expect(cells[0] == 10 + 20 + 30)
        }
    }

    /// More jobs sleep in waits than may run at a time: each has a stand-in.
    @Test func waitingJobsHaveStandIns() throws {
        let engine = Engine(.threaded(threads: 1))
        try Watchdog.run(engine) {
            let gate = Semaphore()
            let waiting = Counter()
            let variables = (0..<50).map { _ in Variable() }
            for variable in variables {
                engine.push("awaited", overwrites: [variable], lane: .io) { gate.wait() }
                engine.push("waiter", lane: .io) {
                    waiting.add()
                    try engine.wait(for: variable)
                }
            }
            while waiting.count < 50 {
                gate.signal()
                sleep(milliseconds: 1)
            }
            for _ in variables { gate.signal() }
            try engine.waitAll()
        }
    }

    @Test func cyclesAreNamed() {
        let engine = Engine(.threaded(threads: 2))
        Watchdog.run(engine) {
            let (own, other) = (Variable(), Variable())
            let gate = Semaphore()
            engine.push("first", updates: [own], lane: .io) {
                gate.wait()
                try engine.wait(for: other)
            }
            engine.push("second", reads: [own], updates: [other], lane: .io) {}
            gate.signal()
            let cycle = engine.failureOfAll()?.underlying as? EngineError
            #expect(cycle?.code == .waitCycle)
            #expect(cycle?.description.contains("'first' waits for 'second'") == true)
        }
    }

    @Test(arguments: [1, 2, 4])
    func jobsSplit(threads: Int) throws {
        let engine = Engine(.threaded(threads: threads))
        try Watchdog.run(engine) {
            for _ in 0..<Effort.count(100, full: 5_000) {
                let cells = Cells(16)
                engine.push("split", lane: .io) { engine.parallelFor(16) { cells[$0] += 1 } }
                try engine.waitAll()
                #expect((0..<16).allSatisfy { cells[$0] == 1 })
            }
        }
    }

    // MARK: The end

    @Test func stopWaitsForABlockedJob() {
        let engine = Engine(.threaded(threads: 2))
        Watchdog.run(engine) {
            for _ in 0..<5 {
                let gate = Semaphore()
                let hasEnded = Flag()
                let file = Variable()
                engine.push("blocked", updates: [file], lane: .io) { gate.wait() }
                engine.push("next", reads: [file]) { hasEnded.set() }
                let other = UserThread {
                    sleep(milliseconds: 10)
                    gate.signal()
                }
                engine.stop()
                #expect(hasEnded.isSet)
                #expect(engine.counters.ioThreads == 0)
                #expect(engine.counters.workers == 0)
                other.join()
            }
        }
    }

    @Test func pushesBesideStopsRun() {
        let engine = Engine(.threaded(threads: 2))
        Watchdog.run(engine) {
            let isDone = Flag()
            let stopper = UserThread { while !isDone.isSet { engine.stop() } }
            let ends = Semaphore()
            for _ in 0..<Effort.count(1_000, full: 50_000) {
                engine.push("job", lane: .io) { ends.signal() }
                ends.wait()
            }
            isDone.set()
            stopper.join()
        }
    }

    /// The last reference dies on an io thread.
    @Test func lastReferenceInsideAJob() {
        Watchdog.run { _ in
            let ran = Counter()
            for _ in 0..<50 {
                let gate = Semaphore()
                do {
                    let engine = Engine(.threaded(threads: 1))
                    engine.push("last", lane: .io) { [engine] in
                        gate.wait()
                        engine.push("child", lane: .io) { ran.add() }
                    }
                }
                gate.signal()
            }
            while ran.count < 50 { sleep(milliseconds: 1) }
        }
    }
}
