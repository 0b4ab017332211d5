import BraidEngine
import Testing

/// Jobs of one engine that wait for jobs of another.
@Suite struct SeveralEnginesTests {
    private static let pairs: [(Engine.Kind, Engine.Kind)] = [
        (.threaded(threads: 1), .threaded(threads: 1)),
        (.threaded(threads: 1), .threaded(threads: 2)),
    ]

    /// What each waits for needs the permit that the other one holds.
    @Test(arguments: pairs)
    func jobsWaitForEachOther(first: Engine.Kind, second: Engine.Kind) throws {
        let engines = [Engine(first), Engine(second)]
        try Watchdog.run(seconds: 60) { _ in
            for _ in 0..<Effort.count(50, full: 2_000) {
                let barrier = Barrier(2)
                let sums = Cells(2)
                let ends = (0..<2).map { _ in Semaphore() }
                for (number, engine) in engines.enumerated() {
                    let other = engines[1 - number]
                    engine.push("waiter") {
                        barrier.meet()
                        let variable = Variable()
                        for _ in 0..<3 {
                            other.push("awaited", updates: [variable]) { sums[number] += 1 }
                        }
                        try other.wait(for: variable)
                        ends[number].signal()
                    }
                }
                // Not by the engines: this thread would help.
                for end in ends { end.wait() }
                #expect(sums[0] == 3 && sums[1] == 3)
            }
            for engine in engines { try engine.waitAll() }
        }
    }

    /// The same deeper: the jobs that wait stand on jobs of the other engine.
    @Test func alternatingWaits() throws {
        let engines = [Engine(.threaded(threads: 1)), Engine(.threaded(threads: 1))]
        try Watchdog.run(seconds: 60) { _ in
            for _ in 0..<Effort.count(20, full: 500) {
                let ends = Counter()
                @Sendable func descend(_ depth: Int, on number: Int) throws {
                    if depth == 0 {
                        ends.add()
                        return
                    }
                    let variable = Variable()
                    let engine = engines[number]
                    engine.push("level \(depth)", updates: [variable]) {
                        try descend(depth - 1, on: 1 - number)
                    }
                    try engine.wait(for: variable)
                }
                let variables = (0..<4).map { _ in Variable() }
                for (number, variable) in variables.enumerated() {
                    engines[number % 2].push("top", updates: [variable]) {
                        try descend(10, on: 1 - number % 2)
                    }
                }
                for (number, variable) in variables.enumerated() {
                    try engines[number % 2].wait(for: variable)
                }
                #expect(ends.count == 4)
            }
        }
    }

    /// Permits that were given away come back: no more jobs run at a time than before.
    @Test func permitsComeBack() throws {
        let (engine, other) = (Engine(.threaded(threads: 1)), Engine(.threaded(threads: 1)))
        try Watchdog.run(engine) {
            let running = Counter()
            let overlapped = Flag()
            for _ in 0..<Effort.count(100, full: 2_000) {
                let variable = Variable()
                #expect(variable.tryBeginRead())
                other.push("awaited", overwrites: [variable]) {}
                let waiting = Semaphore()
                engine.push("waiter") {
                    waiting.signal()
                    try other.wait(for: variable)
                    if running.add() != 1 { overlapped.set() }
                    running.add(-1)
                }
                waiting.wait()
                for _ in 0..<10 {
                    engine.push("other") {
                        if running.add() != 1 { overlapped.set() }
                        running.add(-1)
                    }
                }
                variable.endRead()
                try engine.waitAll()
            }
            #expect(!overlapped.isSet)
        }
    }
}
