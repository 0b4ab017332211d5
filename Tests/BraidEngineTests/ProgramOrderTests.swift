import BraidEngine
import BraidPlatform
import Testing

/// When programs get their variables and when they let go of them.
@Suite struct ProgramOrderTests {
    static let threaded = [2, 4].map { Engine.Kind.threaded(threads: $0) }

    /// A program of jobs in a chain, where the nth overwrites the nth external.
    private func chain(_ count: Int) -> Program {
        var builder = Program.Builder(externals: count)
        let link = builder.slot()
        for number in 0..<count {
            builder.add("link \(number)", updates: [link], overwrites: [builder.externals[number]])
        }
        return builder.built()
    }

    /// A reader of an early output runs, and a wait for that output ends, before the program does.
    @Test(arguments: threaded)
    func earlyOutputsAreReleased(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            let (early, late) = (Variable(), Variable())
            let hasRead = Semaphore()
            engine.push(chain(2), label: "chain", externals: [early, late]) { job in
                if job == 1 { hasRead.wait() }
            }
            let isEnded = Flag()
            engine.push("reader", reads: [early]) { hasRead.signal() }
            engine.push("after", reads: [late]) { isEnded.set() }
            try engine.waitAll()
            #expect(isEnded.isSet)

            let hasWaited = Semaphore()
            let hasBegun = Semaphore()
            engine.push(chain(2), label: "chain", externals: [early, late]) { job in
                if job == 1 {
                    hasBegun.signal()
                    hasWaited.wait()
                }
            }
            // So that the waiter below does not take that job itself.
            hasBegun.wait()
            try engine.wait(for: early)
            #expect(early.version == 2)
            #expect(late.version == 1)
            hasWaited.signal()
            try engine.wait(for: late)
            #expect(late.version == 2)
        }
    }

    /// What others read after the last write is theirs although the program reads on.
    @Test(arguments: threaded)
    func lastReadsLetOthersRead(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            var builder = Program.Builder(externals: 1)
            let external = builder.externals[0]
            builder.add("read", reads: [external])
            builder.add("write", updates: [external])
            builder.add("read on", reads: [external])
            let program = builder.built()

            let variable = Variable()
            let first = Barrier(2)
            let last = Barrier(2)
            engine.push("reader before", reads: [variable]) { first.meet() }
            engine.push(program, label: "program", externals: [variable]) { job in
                if job == 0 { first.meet() }
                if job == 2 { last.meet() }
            }
            engine.push("reader behind", reads: [variable]) { last.meet() }
            try engine.waitAll()
            #expect(variable.version == 1)
        }
    }

    /// Who overwrites an input starts after its last user, not after the end.
    @Test(arguments: threaded)
    func lateInputsAreReleasedAfterTheirLastUser(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            var builder = Program.Builder(externals: 1)
            let input = builder.externals[0]
            let link = builder.slot()
            builder.add("first", reads: [input], updates: [link])
            builder.add("last user", reads: [input], updates: [link])
            builder.add("end", updates: [link])
            let program = builder.built()

            let variable = Variable()
            let order = Locked<[String]>([])
            let hasOverwritten = Semaphore()
            engine.push(program, label: "program", externals: [variable]) { job in
                if job == 2 { hasOverwritten.wait() }
                order.withLock { $0.append("\(job)") }
            }
            engine.push("overwrite", overwrites: [variable]) {
                order.withLock { $0.append("overwrite") }
                hasOverwritten.signal()
            }
            try engine.waitAll()
            #expect(order.withLock { $0 } == ["0", "1", "overwrite", "2"])
        }
    }

    /// Jobs run although an external that only later ones need is busy.
    @Test(arguments: threaded)
    func lateInputsAreAwaitedLate(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            let (early, late) = (Variable(), Variable())
            let hasRun = Semaphore()
            engine.push("busy", updates: [late]) { hasRun.wait() }
            engine.push(chain(2), label: "chain", externals: [early, late]) { job in
                if job == 0 { hasRun.signal() }
            }
            try engine.waitAll()
            #expect(late.version == 2)
        }
    }

    @Test(arguments: threaded)
    func independentJobsOverlap(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            var builder = Program.Builder(externals: 2)
            let source = builder.slot()
            builder.add("source", overwrites: [source])
            for external in builder.externals {
                builder.add("branch", reads: [source], overwrites: [external])
            }
            let barrier = Barrier(2)
            engine.push(
                builder.built(), label: "branches", externals: [Variable(), Variable()]
            ) { job in
                if job > 0 { barrier.meet() }
            }
            try engine.waitAll()
        }
    }

    /// Jobs that hold a variable overlap; the next push on it comes after the last of them; what the
    /// program does before and after does not need it.
    @Test(arguments: threaded)
    func heldExternalsOrderPushesOnly(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            var builder = Program.Builder(externals: 1)
            let held = builder.externals[0]
            let link = builder.slot()
            builder.add("before", updates: [link])
            for _ in 0..<2 { builder.add("holder", reads: [link], holds: [held]) }
            builder.add("after", updates: [link])
            let program = builder.built()

            let instance = Variable()
            let owner = Locked<[Int]>([])
            let barrier = Barrier(2)
            let (isReady, hasHeld) = (Semaphore(), Semaphore())
            engine.push("lender", updates: [instance]) { isReady.wait() }
            for push in 0..<2 {
                engine.push(program, label: "push \(push)", externals: [instance]) { job in
                    switch (push, job) {
                    case (0, 0): isReady.signal()
                    case (_, 1), (_, 2):
                        owner.withLock { $0.append(push) }
                        if push == 0 { barrier.meet() } else { hasHeld.signal() }
                    case (0, 3): hasHeld.wait()
                    default: break
                    }
                }
            }
            try engine.wait(for: instance)
            #expect(owner.withLock { $0 } == [0, 0, 1, 1])
            try engine.waitAll()
            // Holding is no write.
            #expect(instance.version == 1)
        }
    }

    /// Holders keep to the order that their other accesses ask for, and failures pass by.
    @Test(arguments: Engine.Kind.all)
    func heldAndWritten(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        Watchdog.run(engine) {
            var builder = Program.Builder(externals: 1)
            let external = builder.externals[0]
            builder.add("holder", holds: [external])
            builder.add("writer", updates: [external], holds: [external])
            builder.add("reader", reads: [external])
            builder.add("last holder", holds: [external])
            let program = builder.built()

            let variable = Variable()
            let ran = Locked<[Int]>([])
            engine.push("fail", overwrites: [variable]) { throw TestFailure(number: 1) }
            engine.push(program, label: "program", externals: [variable]) { job in
                ran.withLock { $0.append(job) }
            }
            engine.push("behind", overwrites: [variable]) { ran.withLock { $0.append(9) } }
            #expect(engine.failureOfAll()?.job == "fail")
            #expect(Set(ran.withLock { $0 }.dropLast()) == [0, 3])
            #expect(ran.withLock { $0 }.last == 9)
            #expect(variable.version == 1)
        }
    }

    /// One variable for several externals: the jobs are ordered as if they named it.
    @Test(arguments: Engine.Kind.all)
    func sharedVariablesAreMerged(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            let count = 20
            var builder = Program.Builder(externals: count)
            for (number, external) in builder.externals.enumerated() {
                builder.add("append \(number)", updates: [external])
            }
            builder.add("all", reads: [builder.externals[3]], overwrites: builder.externals)
            let program = builder.built()
            for distinct in 1...count {
                let variables = (0..<distinct).map { _ in Variable() }
                let logs = Locked(Array(repeating: [Int](), count: distinct))
                for _ in 0..<2 {
                    engine.push(
                        program, label: "merged",
                        externals: (0..<count).map { variables[$0 % distinct] }
                    ) { job in
                        if job < count { logs.withLock { $0[job % distinct].append(job) } }
                    }
                }
                try engine.waitAll()
                for (index, log) in logs.withLock({ $0 }).enumerated() {
                    let once = Array(stride(from: index, to: count, by: distinct))
                    #expect(log == once + once)
                    #expect(variables[index].version == UInt64(2 * once.count + 2))
                }
            }
        }
    }

    /// The ready job of the highest priority comes first, but for the serial engine, which keeps to
    /// the order of the pushes.
    @Test(arguments: [Engine.Kind.threaded(threads: 1), .serial])
    func prioritiesOrderReadyJobs(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            var builder = Program.Builder(externals: 1)
            for priority in [0, 2, 1, 2, -1] {
                builder.add(
                    "priority \(priority)", reads: builder.externals, priority: priority)
            }
            let order = Locked<[Int]>([])
            let variable = Variable()
            let push: @Sendable (Program) -> Void = { program in
                engine.push(program, label: "priorities", externals: [variable]) { job in
                    order.withLock { $0.append(job) }
                }
            }
            let program = builder.built()
            // Inside a job, so that nothing runs before all is queued.
            engine.push("pusher", updates: [variable]) { push(program) }
            try engine.waitAll()
            #expect(
                order.withLock { $0 } == (kind == .serial ? [0, 1, 2, 3, 4] : [1, 3, 2, 0, 4]))
        }
    }

    @Test(arguments: Engine.Kind.all)
    func emptyProgramsAndIdleExternals(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            let variable = Variable()
            engine.push(
                Program.Builder(externals: 1).built(), label: "empty", externals: [variable]
            ) { _ in }
            var builder = Program.Builder(externals: 2)
            _ = builder.slot()
            let number = builder.add("only", updates: [builder.externals[1]])
            #expect(number == 0)
            let program = builder.built()
            #expect(program.jobCount == 1)
            #expect(program.externalCount == 2)
            let (idle, busy) = (Variable(), Variable())
            let calls = Counter()
            engine.push(program, label: "one", externals: [idle, busy]) { calls.add($0 + 1) }
            #expect(idle.isIdle)
            try engine.waitAll()
            #expect(calls.count == 1)
            #expect(busy.version == 1)
            #expect(idle.version == 0 && variable.version == 0)
        }
    }

    @Test func misuseIsCaught() async {
        await #expect(processExitsWith: .failure) {
            var builder = Program.Builder(externals: 0)
            builder.add("holder", holds: [builder.slot()])
        }
        await #expect(processExitsWith: .failure) {
            var other = Program.Builder(externals: 2)
            var builder = Program.Builder(externals: 1)
            builder.add("stranger", reads: [other.slot()])
        }
        await #expect(processExitsWith: .failure) {
            let engine = Engine(.serial)
            engine.push(Program.Builder(externals: 1).built(), label: "none", externals: []) { _ in
            }
        }
    }
}
