import BraidEngine
import BraidPlatform
import Testing

/// Who runs together with whom, and after whom, on one variable.
@Suite struct OrderTests {
    @Test func readersOverlap() throws {
        let engine = Engine(.threaded(threads: 4))
        try Watchdog.run(engine) {
            let variable = Variable()
            for readers in 2...4 {
                let barrier = Barrier(readers)
                engine.push("write", overwrites: [variable]) {}
                for _ in 0..<readers { engine.push("read", reads: [variable]) { barrier.meet() } }
            }
            try engine.waitAll()
            #expect(variable.version == 3)
        }
    }

    @Test(arguments: Engine.Kind.threadCounts)
    func writersExcludeEverybody(threads: Int) throws {
        let engine = Engine(.threaded(threads: threads))
        try Watchdog.run(engine) {
            let variable = Variable()
            let readers = Counter()
            let writers = Counter()
            let conflicts = Counter()
            let finishedReads = Counter()
            let unfinishedReads = Counter()
            var random = RandomSource(seed: 1)
            var pushedReads = 0
            var pushedWrites: UInt64 = 0
            for _ in 0..<Effort.count(20_000, full: 1_000_000) {
                if random.chance(0.3) {
                    let expected = pushedReads
                    pushedWrites += 1
                    engine.push("write", updates: [variable]) {
                        let others = writers.add() - 1
                        if others != 0 || readers.count != 0 {
                            conflicts.add()
                        }
                        if finishedReads.count != expected {
                            unfinishedReads.add()
                        }
                        writers.add(-1)
                    }
                } else {
                    pushedReads += 1
                    engine.push("read", reads: [variable]) {
                        readers.add()
                        if writers.count != 0 {
                            conflicts.add()
                        }
                        readers.add(-1)
                        finishedReads.add()
                    }
                }
            }
            try engine.waitAll()
            #expect(conflicts.count == 0)
            #expect(unfinishedReads.count == 0)
            #expect(variable.version == pushedWrites)
        }
    }

    @Test func lateReaderDoesNotOvertakeWriter() throws {
        let engine = Engine(.threaded(threads: 4))
        try Watchdog.run(engine) {
            let variable = Variable()
            let gate = Semaphore()
            let written = Flag()
            let overtaken = Flag()
            engine.push("early read", reads: [variable]) { gate.wait() }
            engine.push("write", updates: [variable]) { written.set() }
            engine.push("late read", reads: [variable]) {
                overtaken.set(!written.isSet)
            }
            sleep(milliseconds: 20)
            #expect(engine.counters.completed == 0)
            gate.signal()
            try engine.waitAll()
            let wasOvertaken = overtaken.isSet
            #expect(!wasOvertaken)
        }
    }

    @Test(arguments: Engine.Kind.all)
    func versionCountsWrites(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            let variable = Variable()
            for _ in 0..<10 { engine.push("read", reads: [variable]) {} }
            try engine.wait(for: variable)
            #expect(variable.version == 0)
            for _ in 0..<5 {
                engine.push("update", updates: [variable]) {}
                engine.push("overwrite", overwrites: [variable]) {}
                engine.push("read", reads: [variable]) {}
            }
            try engine.wait(for: variable)
            #expect(variable.version == 10)
        }
    }

    @Test(arguments: Engine.Kind.all)
    func repeatedVariablesAreOneAccess(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            let variables = (0..<40).map { _ in Variable() }
            let (x, y) = (variables[0], variables[1])
            engine.push("all lists", reads: [x, x], updates: [x], overwrites: [x, x]) {}
            engine.push("read and overwritten", reads: [x, y, x], overwrites: [y, y]) {}
            let doubled = variables + variables
            engine.push("many", reads: doubled, updates: doubled, overwrites: doubled) {}
            try engine.waitAll()
            #expect(x.version == 2)
            #expect(y.version == 2)
            #expect(variables[39].version == 1)
            // What is read and overwritten is an update: it inherits.
            engine.push("fail", overwrites: [y]) { throw TestFailure(number: 1) }
            engine.push("read and overwritten", reads: [y], overwrites: [y]) {}
            #expect(throws: EngineError.self) { try engine.wait(for: y) }
        }
    }

    @Test func highPriorityRunsFirstAmongReadyJobs() throws {
        let engine = Engine(.threaded(threads: 1))
        try Watchdog.run(engine) {
            let gate = Semaphore()
            let started = Semaphore()
            let order = Locked<[Int]>([])
            engine.push("block", priority: 100) {
                started.signal()
                gate.wait()
            }
            started.wait()
            let variable = Variable()
            for number in 0..<30 {
                let isUrgent = number % 3 == 0
                // Priorities do not reorder what shares a variable.
                engine.push(
                    "job", updates: number < 15 ? [] : [variable], priority: isUrgent ? 1 : 0
                ) { order.withLock { $0.append(number) } }
            }
            gate.signal()
            try engine.waitAll()
            let seen = order.withLock { $0 }
            #expect(Array(seen.prefix(6)) == [0, 3, 6, 9, 12, 15])
            #expect(seen.filter { $0 < 15 && $0 % 3 != 0 } == (0..<15).filter { $0 % 3 != 0 })
            #expect(seen.filter { $0 >= 15 } == Array(15..<30))
        }
    }
}
