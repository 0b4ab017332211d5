import BraidEngine
import BraidPlatform
import Synchronization
import Testing

/// The system has no thread left, now and then or at all.
@Suite struct ThreadShortageTests {
    @Test(arguments: [1, 2, 4])
    func pushersAndWaitersDoEverything(threads: Int) throws {
        let attempts = Counter()
        let engine = Engine(
            .threaded(threads: threads), limits: Engine.Limits(jobs: 16),
            hasThread: {
                attempts.add()
                return false
            })
        try Watchdog.run(engine) {
            let cells = Cells(3)
            let variables = (0..<3).map { _ in Variable() }
            for number in 0..<600 {
                let lane: Lane = number % 2 == 0 ? .compute : .io
                engine.push("job", updates: [variables[number % 3]], lane: lane) {
                    cells[number % 3] += 1
                    let child = Variable()
                    engine.push("child", updates: [child], lane: number % 4 < 2 ? .io : .compute) {}
                    try engine.wait(for: child)
                }
            }
            try engine.wait(for: variables[0])
            engine.parallelFor(10) { _ in }
            try engine.waitAll()
            #expect((0..<3).allSatisfy { cells[$0] == 200 })
            #expect(engine.counters.workers == 0 && engine.counters.ioThreads == 0)
            // At most once more for each job that ended, and lane.
            #expect(attempts.count <= 2 * Int(engine.counters.completed) + 2)
            #expect(engine.counters.refusedThreads == attempts.count)
        }
    }

    /// A push does the work of a job that nobody waits for by means of the engine.
    @Test(arguments: [Lane.compute, .io])
    func pushersRunJobs(lane: Lane) throws {
        let engine = Engine(.threaded(threads: 2), hasThread: { false })
        Watchdog.run(engine) {
            let end = Semaphore()
            engine.push("job", lane: lane) { end.signal() }
            end.wait()
            engine.notify(when: Variable()) { _ in end.signal() }
            end.wait()
        }
    }

    /// A waiter that goes leaves nothing behind that nobody would do.
    @Test func waitersRunWhatWasPushedMeanwhile() throws {
        let engine = Engine(.threaded(threads: 1), hasThread: { false })
        try Watchdog.run(engine) {
            engine.push("finds that there is no thread") {}
            let (variable, end) = (Variable(), Semaphore())
            let (hasBegun, isPushed) = (Semaphore(), Semaphore())
            // Until this thread sleeps in the wait, or nearly.
            #expect(variable.tryBeginRead())
            engine.push("awaited", overwrites: [variable]) {
                hasBegun.signal()
                isPushed.wait()
            }
            let pusher = UserThread {
                variable.endRead()
                hasBegun.wait()
                // The only permit is taken, so that the push cannot do the work itself.
                engine.push("job") { end.signal() }
                isPushed.signal()
            }
            try engine.wait(for: variable)
            end.wait()
            pusher.join()
        }
    }

    /// Threads that can be had again are taken again.
    @Test func threadsComeBack() throws {
        let hasThread = Flag()
        let engine = Engine(.threaded(threads: 2), hasThread: { hasThread.isSet })
        try Watchdog.run(engine) {
            engine.push("job") {}
            try engine.waitAll()
            #expect(engine.counters.workers == 0)
            hasThread.set()
            // In a worker, as this thread waits without helping.
            for lane in [Lane.compute, .io] {
                let end = Semaphore()
                engine.push("job", lane: lane) { end.signal() }
                end.wait()
            }
            #expect(engine.counters.workers >= 1 && engine.counters.ioThreads == 1)
        }
    }

    /// Values, versions and errors are those of the sequential program, whichever threads start.
    @Test func anyShortageChangesNothing() {
        ModelComparison.run(
            seeds: Effort.count(60, full: 2_000), length: 100, programs: 0.1, io: 0.3
        ) { seed in
            let random = Locked(RandomSource(seed: seed))
            return Engine(
                .threaded(threads: 1 + Int(seed % 3)),
                hasThread: { random.withLock { $0.chance(0.3) } })
        }
    }

    /// Who holds something that jobs may wait for does not start them on top of it.
    @Test func heldBackThreadsLeaveWorkToOthers() throws {
        let engine = Engine(.threaded(threads: 2), limits: Engine.Limits(jobs: 4))
        try Watchdog.run(engine) {
            let here = JobFrame.current
            let ranOnTop = Flag()
            try JobFrame.withoutHelping {
                for _ in 0..<200 {
                    let variable = Variable()
                    engine.push("job", updates: [variable]) {
                        if JobFrame.current.isOnTop(of: here) { ranOnTop.set() }
                    }
                    try engine.wait(for: variable)
                }
                try engine.waitAll()
            }
            #expect(!ranOnTop.isSet)
        }
        // They are told who waits for them, though they run elsewhere.
        try Watchdog.run(engine) {
            let here = JobFrame.current
            @Sendable func meet() { while !here.isSuspendedByCaller { Processor.yield() } }
            try JobFrame.withoutHelping {
                let (variable, other) = (Variable(), Variable())
                engine.push("awaited", updates: [variable]) { meet() }
                try engine.wait(for: variable)
                engine.push("by all") { meet() }
                try engine.waitAll()
                engine.parallelFor(2) { _ in meet() }
                engine.push("waiter", updates: [variable]) {
                    engine.push("by a job", updates: [other]) { meet() }
                    try engine.wait(for: other)
                }
                try engine.wait(for: variable)
            }
            let end = Semaphore()
            engine.push("stranger") {
                #expect(!here.isSuspendedByCaller)
                end.signal()
            }
            end.wait()
        }
        // Where nobody else is there to do it, it is done all the same.
        for engine in [Engine(.serial), Engine(.threaded(threads: 1), hasThread: { false })] {
            try JobFrame.withoutHelping {
                let variable = Variable()
                engine.push("job", updates: [variable]) {}
                try engine.wait(for: variable)
            }
        }
    }
}
