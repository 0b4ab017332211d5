import BraidEngine
import BraidPlatform
import Testing

/// Waits inside jobs inside waits: no stack is used up.
@Suite struct DeepWaitTests {
    @Test(arguments: Engine.Kind.all)
    func waitsTwentyThousandDeep(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            let depth = Effort.count(2_000, full: 20_000)
            let deepest = Counter()
            @Sendable func descend() throws {
                if deepest.add() == depth { return }
                let variable = Variable()
                engine.push("level", updates: [variable]) { try descend() }
                try engine.wait(for: variable)
            }
            engine.push("top") { try descend() }
            try engine.waitAll()
            #expect(deepest.count == depth)
        }
    }

    /// The same for the io lane and for loops inside of loops.
    @Test(arguments: Engine.Kind.all)
    func otherWaitsInsideWaits(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            let depth = 300
            let deepest = Counter()
            @Sendable func descend(_ lane: Lane) throws {
                let level = deepest.add()
                if level == depth { return }
                let variable = Variable()
                engine.push("level", updates: [variable], lane: lane) {
                    let failure = Locked<(any Error)?>(nil)
                    engine.parallelFor(2) { piece in
                        if piece == 1 { return }
                        let next: Lane = level % 3 == 0 ? .io : .compute
                        do { try descend(next) } catch { failure.withLock { $0 = error } }
                    }
                    if let failure = failure.withLock({ $0 }) { throw failure }
                }
                try engine.wait(for: variable)
            }
            engine.push("top") { try descend(.compute) }
            try engine.waitAll()
            #expect(deepest.count == depth)
        }
    }

    /// Whatever thread runs what a job waits for, the job cannot go on before.
    @Test(arguments: Engine.Kind.all)
    func deepJobsSuspendTheFirst(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            let suspended = Counter()
            engine.push("top") {
                let here = JobFrame.current
                @Sendable func descend(_ depth: Int) throws {
                    if depth == 100 { return }
                    let variable = Variable()
                    engine.push("level", updates: [variable]) {
                        // Another thread may begin before this one waits.
                        while !here.isSuspendedByCaller { Processor.yield() }
                        suspended.add()
                        try descend(depth + 1)
                    }
                    try engine.wait(for: variable)
                }
                try descend(0)
            }
            try engine.waitAll()
            #expect(suspended.count == 100)
        }
    }

    /// A job on another engine's stack is that of the threads, too, that stand in for it.
    @Test(arguments: [Engine.Kind.serial, .simulated(seed: 7)])
    func standInsKnowOtherEngines(kind: Engine.Kind) throws {
        let engines = [Engine(kind), Engine(kind)]
        try Watchdog.run(engines[0]) {
            let held = Variable()
            let isTold = Flag()
            engines[1].push("holder", updates: [held]) {
                @Sendable func descend(_ depth: Int) throws {
                    if depth == 200 {
                        // Read by the job itself, written by one that comes after it.
                        try engines[1].wait(for: held)
                        let later = Variable()
                        engines[1].push("later", reads: [held], overwrites: [later]) {}
                        if engines[1].failure(of: later)?.code == .waitCycle { isTold.set() }
                        return
                    }
                    let variable = Variable()
                    engines[0].push("level", updates: [variable]) { try descend(depth + 1) }
                    try engines[0].wait(for: variable)
                }
                try descend(0)
            }
            try engines[1].waitAll()
            #expect(isTold.isSet)
        }
    }

    /// Where the system has no further thread, the wait fails and says so.
    @Test(arguments: [Engine.Kind.serial, .threaded(threads: 2)])
    func withoutThreadsTheDeepestWaitFails(kind: Engine.Kind) {
        let engine = Engine(kind, hasThread: { false })
        Watchdog.run(engine) {
            let deepest = Counter()
            @Sendable func descend() throws {
                if deepest.add() == 5_000 { return }
                let variable = Variable()
                engine.push("level", updates: [variable]) { try descend() }
                try engine.wait(for: variable)
            }
            engine.push("top") { try descend() }
            var failure = engine.failureOfAll()
            while let inner = failure?.underlying as? EngineError { failure = inner }
            #expect(failure?.code == .waitsTooDeep)
            #expect(deepest.count >= 512 && deepest.count < 5_000)
            // The engine goes on.
            #expect(engine.failureOfAll() == nil)
        }
    }
}
