import BraidEngine
import BraidPlatform
import Testing

/// Jobs that push the next job: as long as one likes, and at the same price per step.
@Suite struct SuccessorTests {
    /// Seconds for a chain of so many jobs, each pushed by the one before.
    private func chain(_ count: Int, on engine: Engine, fails: Bool = false) throws -> Double {
        let steps = Counter()
        let variable = Variable()
        let kept = (0..<(fails ? 1 : 0)).map { _ in Variable() }
        @Sendable func step() throws {
            if steps.add() < count {
                if fails { engine.push("leaf", overwrites: kept) { throw TestFailure(number: 2) } }
                engine.push("step", updates: [variable], context: .kernel) { try step() }
            }
        }
        let start = seconds()
        engine.push("step", updates: [variable], context: .kernel) { try step() }
        if fails {
            let failure = engine.failureOfAll()
            #expect(failure?.job == "leaf")
            #expect(failure?.furtherFailureCount == count - 2)
        } else {
            try engine.waitAll()
        }
        let end = seconds()
        #expect(steps.count == count)
        #expect(variable.version == count)
        return end - start
    }

    @Test(arguments: Engine.Kind.all, [false, true])
    func pricePerStepStays(kind: Engine.Kind, fails: Bool) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            let count = Effort.count(3_000, full: 50_000)
            _ = try chain(count / 4, on: engine, fails: fails)
            var ratio = Double.infinity
            // Other processes take the processor now and then.
            for _ in 0..<5 where ratio > 6 {
                let short = try chain(count, on: engine, fails: fails)
                ratio = min(ratio, try chain(4 * count, on: engine, fails: fails) / short)
            }
            // Four times the steps: 4 times the time, 16 times where each step pays for those before.
            #expect(ratio < 8)
        }
    }

    /// A job that waits for many: the search for what to run is not made anew for each.
    @Test(arguments: [Engine.Kind.serial, .simulated(seed: 1), .threaded(threads: 1)])
    func waitsForManyJobs(kind: Engine.Kind) throws {
        func fan(_ count: Int, on engine: Engine) throws -> Double {
            let start = seconds()
            engine.push("parent") {
                let variables = (0..<count).map { _ in Variable() }
                let all = Variable()
                for variable in variables { engine.push("child", overwrites: [variable]) {} }
                engine.push("all", reads: variables, overwrites: [all]) {}
                try engine.wait(for: all)
            }
            try engine.waitAll()
            return seconds() - start
        }
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            _ = try fan(200, on: engine)
            var ratio = Double.infinity
            for _ in 0..<5 where ratio > 6 {
                let short = try fan(600, on: engine)
                ratio = min(ratio, try fan(2_400, on: engine) / short)
            }
            #expect(ratio < 10)
        }
    }

    /// Of several failed inputs the earliest pushed wins, among jobs nested in jobs and in programs.
    @Test(arguments: Engine.Kind.all)
    func earliestFailureAmongProgramsInJobs(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        Watchdog.run(engine) {
            var builder = Program.Builder(externals: 0)
            for number in 0..<5 { builder.add("inner \(number)") }
            let program = builder.built()
            let outputs = (0..<10).map { _ in Variable() }
            let parent = Variable()
            engine.push("parent", updates: [parent]) {
                engine.push(program, label: "program", externals: []) { job in
                    // The later jobs first, where they run in order.
                    engine.push("a of \(job)", overwrites: [outputs[2 * job]]) {
                        throw TestFailure(number: job)
                    }
                    engine.push("b of \(job)", overwrites: [outputs[2 * job + 1]]) {
                        throw TestFailure(number: job)
                    }
                }
            }
            _ = engine.failureOfAll()
            var random = RandomSource(seed: 5)
            for _ in 0..<50 {
                let chosen = (0..<10).filter { _ in random.chance(0.4) }
                let joined = Variable()
                engine.push("join", reads: chosen.reversed().map { outputs[$0] }, updates: [joined])
                {
                }
                let first = chosen.first.map { "\($0 % 2 == 0 ? "a" : "b") of \($0 / 2)" }
                #expect(engine.failure(of: joined)?.job == first)
            }
        }
    }
}
