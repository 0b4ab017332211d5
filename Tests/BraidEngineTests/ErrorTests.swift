import BraidEngine
import Testing

/// Failures reach what depends on them, and only that, and stay.
@Suite struct ErrorTests {
    @Test(arguments: Engine.Kind.all)
    func reachDependentsOnly(kind: Engine.Kind) {
        let engine = Engine(kind)
        Watchdog.run(engine) {
            let (source, chain, fan, join, independent) = (
                Variable(), Variable(), Variable(), Variable(), Variable()
            )
            let ran = Counter()
            let count: @Sendable () -> Void = { ran.add() }
            engine.push("root", overwrites: [source]) { throw TestFailure(number: 1) }
            engine.push("chain", reads: [source], overwrites: [chain], count)
            engine.push("fan", reads: [chain], overwrites: [fan], count)
            engine.push("join", reads: [independent, fan], updates: [join], count)
            engine.push("independent", updates: [independent], count)
            for _ in 0..<3 {
                #expect(engine.failure(of: source)?.job == "root")
                #expect(engine.failure(of: chain)?.job == "root")
                #expect(engine.failure(of: fan)?.job == "root")
                #expect(engine.failure(of: join)?.job == "root")
                #expect(engine.failure(of: independent) == nil)
            }
            #expect(ran.count == 1)
            #expect(independent.version == 1)
            #expect(source.version == 0)
            #expect(engine.counters.skipped == 3)
        }
    }

    @Test(arguments: Engine.Kind.all)
    func failedReaderPoisonsNothing(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            let (input, output) = (Variable(), Variable())
            engine.push("reader", reads: [input], overwrites: [output]) {
                throw TestFailure(number: 1)
            }
            engine.push("writer", updates: [input]) {}
            try engine.wait(for: input)
            #expect(input.version == 1)
            #expect(engine.failure(of: output)?.job == "reader")
        }
    }

    @Test(arguments: Engine.Kind.all)
    func overwriteClearsAndUpdateInherits(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            let (a, b) = (Variable(), Variable())
            engine.push("root", updates: [a, b]) { throw TestFailure(number: 1) }
            engine.push("update", updates: [a]) {}
            #expect(engine.failure(of: a)?.job == "root")
            engine.push("overwrite", overwrites: [a]) {}
            #expect(engine.failure(of: a) == nil)
            #expect(engine.failure(of: b)?.job == "root")
            // An overwrite that reads poison elsewhere does not run.
            engine.push("copy", reads: [b], overwrites: [a]) {}
            #expect(engine.failure(of: a)?.job == "root")
            engine.push("second root", overwrites: [a]) { throw TestFailure(number: 2) }
            #expect(engine.failure(of: a)?.job == "second root")
            engine.clearError(of: a)
            #expect(engine.failure(of: a) == nil)
            engine.push("update", updates: [a]) {}
            try engine.wait(for: a)
        }
    }

    @Test(arguments: Engine.Kind.all)
    func earliestPushedWins(kind: Engine.Kind) {
        let engine = Engine(kind)
        Watchdog.run(engine) {
            let (a, b, c) = (Variable(), Variable(), Variable())
            // The earlier failure comes to pass later.
            engine.push("early", overwrites: [a]) {
                sleep(milliseconds: 5)
                throw TestFailure(number: 1)
            }
            engine.push("late", overwrites: [b]) { throw TestFailure(number: 2) }
            engine.push("join", reads: [b, a], overwrites: [c]) {}
            #expect(engine.failure(of: c)?.job == "early")
            #expect(engine.failureOfAll()?.job == "early")
        }
    }

    /// A failure of a nested job goes back to the push of its parent.
    @Test(arguments: Engine.Kind.all)
    func earliestPushedWinsAmongNestedJobs(kind: Engine.Kind) {
        let engine = Engine(kind)
        Watchdog.run(engine) {
            let (first, second, third, joined) = (Variable(), Variable(), Variable(), Variable())
            let parent = Variable()
            engine.push("parent", updates: [parent]) {
                // Not before the others have failed, where they run beside it.
                if case .threaded(let threads?) = engine.kind, threads > 1 {
                    sleep(milliseconds: 10)
                }
                engine.push("child 1", overwrites: [first]) {
                    engine.push("grandchild", overwrites: [third]) { throw TestFailure(number: 3) }
                }
                engine.push("child 2", overwrites: [second]) { throw TestFailure(number: 2) }
            }
            let late = Variable()
            engine.push("late", overwrites: [late]) { throw TestFailure(number: 4) }
            try? engine.wait(for: parent)
            try? engine.wait(for: first)
            engine.push("join", reads: [late, second], overwrites: [joined]) {}
            #expect(engine.failure(of: joined)?.job == "child 2")
            engine.push("join", reads: [late, second, third], overwrites: [joined]) {}
            #expect(engine.failure(of: joined)?.job == "grandchild")
            #expect(engine.failureOfAll()?.job == "grandchild")
        }
    }

    @Test(arguments: Engine.Kind.all)
    func waitAllReportsOnce(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            let variable = Variable()
            engine.push("first", overwrites: [variable]) { throw TestFailure(number: 1) }
            engine.push("second", overwrites: [variable]) { throw TestFailure(number: 2) }
            engine.push("reader only", reads: []) { throw TestFailure(number: 3) }
            let failure = engine.failureOfAll()
            #expect(failure?.job == "first")
            #expect(failure?.underlying as? TestFailure == TestFailure(number: 1))
            // It says that there were others.
            #expect(failure?.furtherFailureCount == 2)
            #expect(failure?.description.hasSuffix("; 2 more jobs failed") == true)
            #expect(engine.failure(of: variable)?.furtherFailureCount == 0)
            try engine.waitAll()
            #expect(engine.failure(of: variable)?.job == "second")
            try engine.waitAll()
            engine.push("skipped", reads: [variable]) {}
            try engine.waitAll()
            // The engine goes on.
            engine.push("third", reads: []) { throw TestFailure(number: 4) }
            #expect(throws: EngineError.self) { try engine.waitAll() }
        }
    }

    @Test(arguments: Engine.Kind.all)
    func freshVariablesAreClean(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            for _ in 0..<200 {
                let failing = Variable()
                engine.push("fail", updates: [failing]) { throw TestFailure(number: 1) }
                let fresh = Variable()
                engine.push("work", updates: [fresh]) {}
                try engine.wait(for: fresh)
                #expect(fresh.version == 1)
            }
        }
    }

    @Test func descriptionsNameTheJob() throws {
        let engine = Engine(.serial)
        let variable = Variable()
        engine.push("load labels", overwrites: [variable]) { throw TestFailure(number: 3) }
        let error = try #require(engine.failure(of: variable))
        #expect(error.code == .jobFailed)
        #expect(error.description == "job 'load labels' failed: TestFailure(number: 3)")
        #expect("\(error)" == error.description)
    }
}
