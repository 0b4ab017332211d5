import BraidEngine
import BraidPlatform
import Testing

/// One variable in the jobs of two engines.
@Suite struct SharedVariableTests {
    private static let kinds: [Engine.Kind] = [
        .serial, .simulated(seed: 2), .threaded(threads: 1), .threaded(threads: 2),
    ]

    @Test(arguments: kinds)
    func everyDoorIsAnError(kind: Engine.Kind) throws {
        let (first, second) = (Engine(.threaded(threads: 1)), Engine(kind))
        try Watchdog.run(second) {
            let (shared, own) = (Variable(), Variable())
            let gate = Semaphore()
            first.push("holder", updates: [shared]) { gate.wait() }
            let ran = Flag()

            let waited = second.failure(of: shared)
            #expect(waited?.code == .variableInUse)
            #expect(waited?.description.contains("engine \(first.number) (1 thread)") == true)

            // A push, reading and writing; a program; an observer.
            second.push("reader", reads: [shared], overwrites: [own]) { ran.set() }
            let failure = second.failure(of: own)
            #expect(failure?.job == "reader")
            #expect((failure?.underlying as? EngineError)?.code == .variableInUse)
            second.push("writer", updates: [shared]) { ran.set() }
            var builder = Program.Builder(externals: 2)
            let (a, b) = (builder.externals[0], builder.externals[1])
            builder.add("inner", reads: [a], overwrites: [b])
            let output = Variable()
            second.push(builder.built(), label: "program", externals: [shared, output]) { _ in
                ran.set()
            }
            #expect(second.failure(of: output)?.job == "program")
            let observed = Locked<[EngineError.Code?]>([])
            second.notify(when: shared) { error in observed.withLock { $0.append(error?.code) } }
            #expect(second.failureOfAll()?.job == "reader")
            #expect(observed.withLock { $0 } == [.variableInUse])
            // Inline access is refused, as it is to every writer in the queue.
            #expect(!shared.tryBeginRead() && !shared.tryBeginWrite())
            second.poison(shared, label: "poison", TestFailure(number: 1))

            gate.signal()
            // The engine that used it knows what was not done.
            #expect(["writer", "poison"].contains(first.failure(of: shared)?.job))
            _ = first.failureOfAll()
            #expect(!ran.isSet)
            // Once it is free, it may go over to the other.
            second.push("overwrite", overwrites: [shared]) { ran.set() }
            try second.wait(for: shared)
            #expect(ran.isSet)
            _ = second.failureOfAll()
        }
    }

    /// Two threads push one variable to two engines: each push runs or fails, and nothing hangs.
    @Test func racingEnginesNeverHang() throws {
        let engines = [Engine(.threaded(threads: 1)), Engine(.threaded(threads: 2))]
        Watchdog.run(engines[0]) {
            let variables = (0..<3).map { _ in Variable() }
            let (ran, failed) = (Counter(), Counter())
            let rounds = Effort.count(1_000, full: 30_000)
            UserThread.run(2) { thread in
                var random = RandomSource(seed: UInt64(thread))
                for round in 0..<rounds {
                    let own = Variable()
                    let picked = variables[random.next(below: 3)]
                    engines[thread].push(
                        "job", reads: [variables[random.next(below: 3)]],
                        overwrites: [picked, own]
                    ) { ran.add() }
                    if random.chance(0.2), picked.tryBeginRead() { picked.endRead() }
                    if random.chance(0.3) { _ = engines[thread].failure(of: picked) }
                    if round % 8 == 0 {
                        if engines[thread].failure(of: own) != nil { failed.add() }
                    }
                }
            }
            for engine in engines { _ = engine.failureOfAll() }
            for variable in variables {
                engines[0].push("overwrite", overwrites: [variable]) {}
                #expect(engines[0].failure(of: variable) == nil)
            }
            #expect(ran.count > 0)
        }
    }
}
