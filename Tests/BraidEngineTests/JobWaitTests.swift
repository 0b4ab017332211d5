import BraidEngine
import BraidPlatform
import Testing

/// Waits inside jobs.
@Suite struct JobWaitTests {
    @Test(arguments: Engine.Kind.all)
    func everyJobWaitsForItsChild(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            let results = Cells(16)
            for number in 0..<16 {
                engine.push("parent \(number)") {
                    let variable = Variable()
                    let cells = Cells(1)
                    engine.push("child", overwrites: [variable]) { cells[0] = UInt64(number) }
                    try engine.wait(for: variable)
                    results[number] = cells[0] + 1
                }
            }
            try engine.waitAll()
            #expect((0..<16).map { results[$0] } == (1...16).map { UInt64($0) })
        }
    }

    @Test(arguments: Engine.Kind.all)
    func waitsNest(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            let deepest = Counter()
            @Sendable func descend(_ depth: Int) throws {
                deepest.add(depth - deepest.count)
                if depth == 50 { return }
                let variable = Variable()
                engine.push("level \(depth)", updates: [variable]) { try descend(depth + 1) }
                try engine.wait(for: variable)
            }
            engine.push("top") { try descend(0) }
            try engine.waitAll()
            #expect(deepest.count == 50)
        }
    }

    @Test(arguments: Engine.Kind.all)
    func whatTheJobHoldsReturnsAtOnce(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        Watchdog.run(engine) {
            let (read, updated, overwritten) = (Variable(), Variable(), Variable())
            engine.push("fail", overwrites: [overwritten]) { throw TestFailure(number: 1) }
            engine.push("holder", reads: [read], updates: [updated], overwrites: [overwritten]) {
                engine.push("later", updates: [read, updated, overwritten]) {}
                try engine.wait(for: read)
                try engine.wait(for: updated)
                try engine.wait(for: overwritten)
            }
            #expect(engine.failureOfAll()?.job == "fail")
            #expect(read.version == 1)
            #expect(updated.version == 2)
            #expect(overwritten.version == 2)
        }
    }

    @Test(arguments: Engine.Kind.all)
    func failuresAreReportedInsideJobs(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        Watchdog.run(engine) {
            let seen = Locked<[String?]>([])
            engine.push("parent") {
                let variable = Variable()
                engine.push("child", updates: [variable]) { throw TestFailure(number: 1) }
                for _ in 0..<2 {
                    let failure = engine.failure(of: variable)
                    seen.withLock { $0.append(failure?.job) }
                }
            }
            #expect(engine.failureOfAll()?.job == "child")
            #expect(seen.withLock { $0 } == ["child", "child"])
        }
    }

    @Test(arguments: Engine.Kind.all)
    func waitForWhatDependsOnTheWaiterThrows(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            let (held, middle, last) = (Variable(), Variable(), Variable())
            let failures = Locked<[EngineError?]>([])
            engine.push("waiter", updates: [held]) {
                engine.push("first", reads: [held], overwrites: [middle]) {}
                engine.push("second", reads: [middle], overwrites: [last]) {}
                for variable in [middle, last] {
                    let failure = engine.failure(of: variable)
                    failures.withLock { $0.append(failure) }
                }
            }
            try engine.waitAll()
            let seen = failures.withLock { $0 }
            #expect(seen.map { $0?.code } == [.waitCycle, .waitCycle])
            #expect(seen[0]?.job == "waiter")
            #expect(
                seen[0]?.description == "job 'waiter' waits for 'first' waits for 'waiter': "
                    + "a job cannot wait for what depends on its own end")
            #expect(
                seen[1]?.description.contains(
                    "'waiter' waits for 'second' waits for 'first' waits for 'waiter'") == true)
            #expect(last.version == 1)
        }
    }

    /// A queued writer stands behind the readers before it, so behind the waiter too.
    @Test(arguments: Engine.Kind.all)
    func waitForAWriterBehindTheOwnReadThrows(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            let (held, other) = (Variable(), Variable())
            let code = Locked<EngineError.Code?>(nil)
            engine.push("reader", reads: [held]) {
                engine.push("writer", updates: [held], overwrites: [other]) {}
                let failure = engine.failure(of: other)
                code.withLock { $0 = failure?.code }
            }
            try engine.waitAll()
            #expect(code.withLock { $0 } == .waitCycle)
        }
    }

    /// Two jobs that wait for each other: the second to do so is told.
    @Test(arguments: Engine.Kind.threadCounts)
    func jobsThatWaitForEachOther(threads: Int) throws {
        let engine = Engine(.threaded(threads: threads))
        try Watchdog.run(engine) {
            for _ in 0..<Effort.count(200, full: 10_000) {
                let (x, y) = (Variable(), Variable())
                let failures = Locked<[EngineError]>([])
                let barrier = Barrier(2)
                let gate = Semaphore()
                engine.push("until both are pushed", updates: [x, y]) { gate.wait() }
                for (own, other) in [(x, y), (y, x)] {
                    engine.push("mutual", updates: [own]) {
                        if threads > 1 { barrier.meet() }
                        if let failure = engine.failure(of: other) {
                            failures.withLock { $0.append(failure) }
                        }
                    }
                }
                gate.signal()
                try engine.waitAll()
                #expect(failures.withLock { $0.map(\.code) } == [.waitCycle])
            }
        }
    }

    @Test(arguments: Engine.Kind.all)
    func waitAllInsideAJobThrows(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            let seen = Locked<EngineError?>(nil)
            engine.push("parent") {
                let failure = engine.failureOfAll()
                seen.withLock { $0 = failure }
            }
            try engine.waitAll()
            #expect(seen.withLock { $0 }?.code == .invalidInsideJob)
            #expect(seen.withLock { $0 }?.description.contains("'parent' called waitAll()") == true)
        }
    }

    /// While a job sleeps in a wait, its permit serves others: on another thread, never on the stack
    /// of the waiter, which could not go on before they end.
    @Test func standInRunsUnrelatedJobs() throws {
        let engine = Engine(.threaded(threads: 1))
        try Watchdog.run(engine) {
            let (blocked, unrelated) = (Variable(), Variable())
            #expect(blocked.tryBeginRead())
            let waits = Semaphore()
            let threads = Locked<[UInt]>([])
            engine.push("waiter") {
                engine.push("awaited", overwrites: [blocked]) {}
                threads.withLock { $0.append(currentThread()) }
                waits.signal()
                try engine.wait(for: blocked)
                threads.withLock { $0.append(currentThread()) }
            }
            // Not on this thread, so that the jobs need a stand-in.
            waits.wait()
            for _ in 0..<5 {
                let done = Semaphore()
                engine.push("unrelated", updates: [unrelated]) {
                    threads.withLock { $0.append(currentThread()) }
                    done.signal()
                }
                done.wait()
            }
            #expect(blocked.version == 0)
            blocked.endRead()
            try engine.waitAll()
            let seen = threads.withLock { $0 }
            #expect(seen.count == 7)
            #expect(seen[0] == seen[6])
            #expect(!seen[1...5].contains(seen[0]))
            #expect(blocked.version == 1)
        }
    }

    /// Without workers the waiter itself runs what it waits for once that becomes ready.
    @Test(arguments: [Engine.Kind.serial, .simulated(seed: 3)])
    func waiterWithoutWorkersIsWoken(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            let blocked = Variable()
            #expect(blocked.tryBeginRead())
            let waits = Semaphore()
            let releaser = UserThread {
                waits.wait()
                sleep(milliseconds: 10)
                blocked.endRead()
            }
            engine.push("waiter") {
                engine.push("awaited", overwrites: [blocked]) {}
                waits.signal()
                try engine.wait(for: blocked)
            }
            try engine.waitAll()
            releaser.join()
            #expect(blocked.version == 1)
        }
    }

    /// A waiter runs what it waits for, and nothing else that is ready.
    @Test(arguments: Engine.Kind.all)
    func waiterHelpsWithDependenciesOnly(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            let strangers = Counter()
            for _ in 0..<Effort.count(100, full: 5_000) {
                engine.push("waiter") {
                    let (first, second, unrelated) = (Variable(), Variable(), Variable())
                    let own = currentThread()
                    let flag = Flag(true)
                    for _ in 0..<3 {
                        engine.push("unrelated", updates: [unrelated], priority: 5) {
                            if currentThread() == own, flag.isSet {
                                strangers.add()
                            }
                        }
                    }
                    engine.push("first", overwrites: [first]) {}
                    engine.push("second", reads: [first], overwrites: [second]) {}
                    try engine.wait(for: second)
                    flag.set(false)
                }
            }
            try engine.waitAll()
            #expect(strangers.count == 0)
        }
    }

    /// Pieces of a split job wait too, on whatever thread they run.
    @Test(arguments: Engine.Kind.all)
    func piecesWait(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            for isInside in [true, false] {
                let results = Cells(12)
                let split: @Sendable () -> Void = {
                    engine.parallelFor(12) { piece in
                        let variable = Variable()
                        engine.push("child", overwrites: [variable]) {
                            results[piece] = UInt64(piece)
                        }
                        let failure = engine.failure(of: variable)
                        #expect(failure == nil)
                        results[piece] += 1
                    }
                }
                if isInside { engine.push("split", split) } else { split() }
                try engine.waitAll()
                #expect((0..<12).map { results[$0] } == (1...12).map { UInt64($0) })
            }
        }
    }
}
