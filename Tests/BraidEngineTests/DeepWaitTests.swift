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
