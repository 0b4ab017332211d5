import BraidEngine
import BraidPlatform
import Testing

/// Failures in programs, and waits inside their jobs.
@Suite struct ProgramErrorTests {
    /// Three outputs: of a job that fails, of one that reads its inner value, of an independent one.
    private func program() -> Program {
        var builder = Program.Builder(externals: 3)
        let inner = builder.slot()
        builder.add("fail", overwrites: [inner, builder.externals[0]])
        builder.add("inherit", reads: [inner], overwrites: [builder.externals[1]])
        builder.add("independent", overwrites: [builder.externals[2]])
        builder.add("replace", overwrites: [inner])
        builder.add("read again", reads: [inner], updates: [builder.externals[2]])
        return builder.built()
    }

    @Test(arguments: Engine.Kind.all)
    func failuresReachWhatDependsOnThem(kind: Engine.Kind) {
        let engine = Engine(kind)
        Watchdog.run(engine) {
            let variables = (0..<3).map { _ in Variable() }
            let program = program()
            let ran = Counter()
            for _ in 0..<3 {
                engine.push(program, label: "program", externals: variables) { job in
                    ran.add()
                    if job == 0 { throw TestFailure(number: 7) }
                }
                engine.push("reader", reads: [variables[1]]) { ran.add(1_000) }
                for _ in 0..<2 {
                    let failures = variables.map { engine.failure(of: $0) }
                    #expect(failures.map { $0?.job } == ["fail", "fail", nil])
                    #expect(failures[1]?.underlying as? TestFailure == TestFailure(number: 7))
                    #expect(failures[1]?.code == .jobFailed)
                }
                #expect(engine.failureOfAll()?.job == "fail")
                #expect(engine.failureOfAll() == nil)
            }
            #expect(ran.count == 12)
            #expect(engine.counters.skipped == 6)
            #expect(variables.map(\.version) == [0, 0, 6])

            engine.push(program, label: "program", externals: variables) { _ in }
            #expect(engine.failureOfAll() == nil)
            #expect(variables.map { engine.failure(of: $0)?.job } == [nil, nil, nil])
            #expect(variables.map(\.version) == [1, 1, 8])
        }
    }

    /// Of several failures the first in the order of the jobs wins, whichever happened first.
    @Test(arguments: Engine.Kind.all)
    func theEarliestFailureWins(kind: Engine.Kind) {
        let engine = Engine(kind)
        Watchdog.run(engine) {
            var builder = Program.Builder(externals: 1)
            let slots = (0..<6).map { _ in builder.slot() }
            for (number, slot) in slots.enumerated() {
                builder.add("fail \(number)", overwrites: [slot], priority: number)
            }
            builder.add("join", reads: slots.reversed(), overwrites: builder.externals)
            let program = builder.built()
            let variable = Variable()
            for first in 0..<6 {
                engine.push(program, label: "program", externals: [variable]) { job in
                    if job >= first { throw TestFailure(number: job) }
                }
                #expect(engine.failure(of: variable)?.job == "fail \(first)")
                #expect(engine.failureOfAll()?.job == "fail \(first)")
            }
        }
    }

    /// Inner jobs push, split and wait as others do.
    @Test(arguments: Engine.Kind.all)
    func jobsMayWaitAndPush(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            var inner = Program.Builder(externals: 1)
            for number in 0..<3 { inner.add("add \(number)", updates: inner.externals) }
            let innerProgram = inner.built()
            var builder = Program.Builder(externals: 1)
            for number in 0..<4 { builder.add("outer \(number)", reads: builder.externals) }
            let program = builder.built()
            let sums = Cells(4)
            engine.push(program, label: "outer", externals: [Variable()]) { job in
                let variable = Variable()
                let cells = Cells(1)
                let parts = Cells(5)
                engine.parallelFor(5) { parts[$0] = UInt64($0) }
                engine.push(innerProgram, label: "inner", externals: [variable]) { number in
                    cells[0] = cells[0] * 10 + UInt64(number + 1)
                }
                try engine.wait(for: variable)
                sums[job] = cells[0] + (0..<5).reduce(0) { $0 + parts[$1] }
            }
            try engine.waitAll()
            #expect((0..<4).map { sums[$0] } == [133, 133, 133, 133])
        }
    }

    /// What the job itself accesses is there; what the program writes earlier can be awaited; what
    /// depends on the waiter cannot.
    @Test(arguments: Engine.Kind.all)
    func waitsForTheOwnProgram(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            var builder = Program.Builder(externals: 4)
            let slots = builder.externals
            let link = builder.slot()
            builder.add("earlier", overwrites: [slots[0]])
            builder.add("waiter", updates: [slots[1]], overwrites: [link])
            builder.add("middle", reads: [link], overwrites: [slots[2]])
            builder.add("later", reads: [slots[0], slots[2]], overwrites: [slots[3]])
            let program = builder.built()
            let variables = (0..<4).map { _ in Variable() }
            let failures = Locked<[EngineError?]>([])
            engine.push(program, label: "program", externals: variables) { job in
                guard job == 1 else { return }
                for variable in variables {
                    let failure = engine.failure(of: variable)
                    failures.withLock { $0.append(failure) }
                }
            }
            try engine.waitAll()
            let seen = failures.withLock { $0 }
            #expect(seen.map { $0?.code } == [nil, nil, .waitCycle, .waitCycle])
            #expect(
                seen[3]?.description == "job 'waiter' waits for 'later' waits for 'middle' waits "
                    + "for 'waiter': a job cannot wait for what depends on its own end")
        }
    }

    /// A variable that the rest of the program holds is let go only after the waiter, on which one of
    /// the holders depends.
    @Test(arguments: Engine.Kind.all)
    func waitForWhatDependantsHoldThrows(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            var builder = Program.Builder(externals: 2)
            let link = builder.slot()
            builder.add("waiter", overwrites: [link])
            builder.add("holder", reads: [link], holds: [builder.externals[0]])
            let program = builder.built()
            let (held, other) = (Variable(), Variable())
            let codes = Locked<[EngineError.Code?]>([])
            engine.push(program, label: "program", externals: [held, other]) { job in
                guard job == 0 else { return }
                engine.push("behind", reads: [held], overwrites: [other]) {}
                for variable in [held, other] {
                    let code = engine.failure(of: variable)?.code
                    codes.withLock { $0.append(code) }
                }
            }
            try engine.waitAll()
            #expect(codes.withLock { $0 } == [.waitCycle, .waitCycle])
            #expect(other.version == 1)
        }
    }

    /// Jobs of one program that wait for each other: one of them is told.
    @Test(arguments: Engine.Kind.threadCounts)
    func jobsThatWaitForEachOther(threads: Int) throws {
        let engine = Engine(.threaded(threads: threads))
        try Watchdog.run(engine) {
            var builder = Program.Builder(externals: 2)
            for external in builder.externals { builder.add("mutual", updates: [external]) }
            let program = builder.built()
            for _ in 0..<Effort.count(200, full: 10_000) {
                let variables = [Variable(), Variable()]
                let failures = Locked<[EngineError]>([])
                let barrier = Barrier(2)
                engine.push(program, label: "mutual", externals: variables) { job in
                    if threads > 1 { barrier.meet() }
                    if let failure = engine.failure(of: variables[1 - job]) {
                        failures.withLock { $0.append(failure) }
                    }
                }
                try engine.waitAll()
                #expect(failures.withLock { $0.map(\.code) } == [.waitCycle])
            }
        }
    }

    /// A job that only follows a failed one runs; one that keeps leaves contents and failure alone.
    @Test(arguments: Engine.Kind.all)
    func followersRunAndKeepersKeep(kind: Engine.Kind) {
        let engine = Engine(kind)
        Watchdog.run(engine) {
            var builder = Program.Builder(externals: 3)
            let (kept, lost, other) = (
                builder.externals[0], builder.externals[1], builder.externals[2]
            )
            let inner = builder.slot()
            builder.add("fail", overwrites: [inner])
            builder.add("keep", reads: [inner, kept], keeps: [kept])
            builder.add("lose", reads: [inner], overwrites: [lost])
            builder.add("follow", overwrites: [other], follows: [inner])
            let program = builder.built()
            let variables = (0..<3).map { _ in Variable() }
            for fails in [true, false, true] {
                engine.push(program, label: "program", externals: variables) { job in
                    if job == 0, fails { throw TestFailure(number: 1) }
                }
                let expected = [nil, fails ? "fail" : nil, nil]
                #expect(variables.map { engine.failure(of: $0)?.job } == expected)
                _ = engine.failureOfAll()
            }
            #expect(variables.map(\.version) == [1, 1, 3])

            // A failure that was there stays there, until a job that does not read it succeeds.
            engine.push("break", overwrites: [variables[0]]) { throw TestFailure(number: 2) }
            engine.push("update", accesses: [(variables[0], .updateOrKeep)]) {}
            #expect(engine.failure(of: variables[0])?.job == "break")
            engine.push(
                "heal", accesses: [(variables[1], .follow), (variables[0], .overwriteOrKeep)]
            ) {}
            #expect(engine.failure(of: variables[0]) == nil)
            engine.push("throw", accesses: [(variables[0], .updateOrKeep)]) {
                throw TestFailure(number: 3)
            }
            #expect(engine.failure(of: variables[0]) == nil)
            #expect(engine.failureOfAll()?.job == "break")
        }
    }
}
