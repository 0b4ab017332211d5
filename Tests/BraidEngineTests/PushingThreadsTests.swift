import BraidEngine
import Testing

/// Several threads push into one engine.
@Suite struct PushingThreadsTests {
    static let kinds =
        Engine.Kind.threadCounts.map { Engine.Kind.threaded(threads: $0) } + [.serial]

    @Test(arguments: kinds)
    func ownAndSharedVariables(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            let threads = 4
            let rounds = Effort.count(3_000, full: 100_000)
            let shared = (0..<3).map { _ in Variable() }
            let sums = Cells(3)
            let own = (0..<threads).map { _ in Variable() }
            let hashes = Cells(threads)
            UserThread.run(threads) { thread in
                var random = RandomSource(seed: UInt64(thread))
                for round in 0..<rounds {
                    let target = random.next(below: 3)
                    engine.push("share", updates: [shared[target]]) {
                        sums[target] &+= UInt64(round)
                    }
                    engine.push("own", updates: [own[thread]]) {
                        hashes[thread] = mix(hashes[thread] &+ UInt64(round))
                    }
                }
            }
            try engine.waitAll()
            var expected: [UInt64] = [0, 0, 0]
            for thread in 0..<threads {
                var random = RandomSource(seed: UInt64(thread))
                var hash: UInt64 = 0
                for round in 0..<rounds {
                    expected[random.next(below: 3)] += UInt64(round)
                    hash = mix(hash &+ UInt64(round))
                }
                #expect(hashes[thread] == hash)
                #expect(own[thread].version == UInt64(rounds))
            }
            #expect((0..<3).map { sums[$0] } == expected)
        }
    }

    /// Without one lock around a push two threads could order themselves differently on two
    /// variables and then wait for each other for ever.
    @Test(arguments: kinds)
    func oppositeOrdersDoNotDeadlock(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            let rounds = Effort.count(5_000, full: 200_000)
            let (x, y) = (Variable(), Variable())
            let logs = Logs()
            UserThread.run(2) { thread in
                for round in 0..<rounds {
                    let number = 2 * round + thread
                    engine.push("pair", updates: thread == 0 ? [x, y] : [y, x]) {
                        logs.first.append(number)
                    }
                    engine.push("second", updates: [y]) { logs.second.append(number) }
                    engine.push("third", reads: [x, y]) {}
                }
            }
            try engine.waitAll()
            #expect(logs.first.count == 2 * rounds)
            for log in [logs.first, logs.second] {
                // What one thread pushes stays in its order.
                #expect(log.filter { $0 % 2 == 0 } == (0..<rounds).map { 2 * $0 })
                #expect(log.filter { $0 % 2 == 1 } == (0..<rounds).map { 2 * $0 + 1 })
            }
            #expect(x.version == UInt64(2 * rounds))
            #expect(y.version == UInt64(4 * rounds))
        }
    }

    @Test func waitSeesWhatOtherThreadsPushed() throws {
        let engine = Engine(.threaded(threads: 2))
        try Watchdog.run(engine) {
            let pushed = Semaphore()
            let variable = Variable()
            let cells = Cells(1)
            let thread = UserThread {
                for _ in 0..<1_000 {
                    engine.push("count", updates: [variable]) { cells[0] += 1 }
                }
                pushed.signal()
            }
            pushed.wait()
            try engine.wait(for: variable)
            #expect(cells[0] == 1_000)
            thread.join()
        }
    }

    @Test func simulatedEngineTakesPushesOfSeveralThreads() throws {
        for seed in 0..<UInt64(Effort.count(20, full: 1_000)) {
            let engine = Engine(.simulated(seed: seed))
            try Watchdog.run(engine) {
                let variables = (0..<3).map { _ in Variable() }
                let sums = Cells(3)
                UserThread.run(4) { thread in
                    for round in 0..<200 {
                        let target = (thread + round) % 3
                        engine.push("add", updates: [variables[target]]) { sums[target] += 1 }
                        if round % 50 == 0 { try? engine.wait(for: variables[target]) }
                    }
                }
                try engine.waitAll()
                #expect((0..<3).reduce(0) { $0 + sums[$1] } == 800)
            }
        }
    }

    /// A push of one thread runs some jobs and returns; what they made ready is for a thread that
    /// waits.
    @Test func simulatedPushLeavesNoWaiterAsleep() throws {
        for seed in 0..<UInt64(Effort.count(100, full: 2_000)) {
            let engine = Engine(.simulated(seed: seed))
            try Watchdog.run(engine) {
                let variable = Variable()
                let hasBegun = Semaphore()
                let waiter = UserThread {
                    hasBegun.wait()
                    _ = engine.failure(of: variable)
                }
                engine.push("first", updates: [variable]) {
                    hasBegun.signal()
                    sleep(milliseconds: 1)
                }
                engine.push("second", updates: [variable]) {}
                for _ in 0..<3 { engine.push("other") {} }
                hasBegun.signal()
                // This thread does not help.
                waiter.join()
                try engine.waitAll()
                #expect(variable.version == 2)
            }
        }
    }
}

/// Two lists that the engine protects.
private final class Logs: @unchecked Sendable {
    var first: [Int] = []
    var second: [Int] = []
}
