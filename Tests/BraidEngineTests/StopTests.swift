import BraidEngine
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The end of an engine.
@Suite struct StopTests {
    @Test(arguments: Engine.Kind.all)
    func stopRunsWhatIsQueuedAndTheEngineGoesOn(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            let count = Counter()
            let variable = Variable()
            for round in 1...20 {
                for number in 0..<50 {
                    engine.push("job", updates: number % 2 == 0 ? [variable] : []) { count.add() }
                }
                engine.stop()
                #expect(count.count == 50 * round)
                #expect(engine.counters.workers == 0)
            }
            engine.stop()
            try engine.waitAll()
        }
    }

    /// A push beside a stop is not forgotten: nobody waits here, so the pool must run it alone.
    @Test func pushesBesideStopsRun() throws {
        let engine = Engine(.threaded(threads: 2))
        Watchdog.run(engine) {
            let count = Effort.count(5_000, full: 200_000)
            let isDone = Flag()
            let stopper = UserThread { while !isDone.isSet { engine.stop() } }
            let ends = Semaphore()
            for _ in 0..<count {
                engine.push("job") { ends.signal() }
                ends.wait()
            }
            isDone.set()
            stopper.join()
        }
    }

    @Test(arguments: Engine.Kind.all)
    func droppingTheEngineRunsWhatIsQueued(kind: Engine.Kind) {
        Watchdog.run { _ in
            let count = Counter()
            for _ in 0..<20 {
                let engine = Engine(kind)
                for _ in 0..<20 { engine.push("job") { count.add() } }
            }
            #expect(count.count == 400)
        }
    }

    @Test func threadsDoNotLeak() async {
        await #expect(processExitsWith: .success) {
            let before = threadCount()
            for _ in 0..<200 {
                let engine = Engine(.threaded(threads: 4))
                for _ in 0..<8 { engine.push("job") { usleep(100) } }
            }
            // A joined thread may show for a moment longer.
            for _ in 0..<1_000 where threadCount() > before + 2 { usleep(1_000) }
            precondition(threadCount() <= before + 2, "\(threadCount()) threads, \(before) before")
        }
    }

    /// The last reference dies inside a job: what is queued still runs, and the threads end.
    @Test func lastReferenceInsideAJob() async {
        await #expect(processExitsWith: .success) {
            let before = threadCount()
            let ran = Counter()
            for round in 0..<100 {
                let gate = Semaphore()
                let variable = Variable()
                if round % 2 == 0 {
                    let engine = Engine(.threaded(threads: 1 + round % 3))
                    engine.push("last", updates: [variable]) { [engine] in
                        gate.wait()
                        engine.push("child") { ran.add() }
                    }
                    for _ in 0..<9 { engine.push("later", updates: [variable]) { ran.add() } }
                } else {
                    let engine = Engine(.threaded(threads: 1 + round % 3))
                    // The variable dies after the job's end, on the worker.
                    engine.push("last", updates: [Holder(engine)]) { gate.wait() }
                    for _ in 0..<10 { engine.push("later") { ran.add() } }
                }
                gate.signal()
            }
            for _ in 0..<10_000 where ran.count < 1_000 || threadCount() > before + 2 {
                usleep(1_000)
            }
            precondition(ran.count == 1_000, "ran \(ran.count)")
            precondition(threadCount() <= before + 2, "\(threadCount()) threads, \(before) before")
        }
    }

    @Test func misuseTraps() async {
        await #expect(processExitsWith: .failure) { _ = Engine(.threaded(threads: 0)) }
        await #expect(processExitsWith: .failure) {
            _ = Engine(.serial, limits: Engine.Limits(jobs: 0))
        }
        await #expect(processExitsWith: .failure) {
            let engine = Engine(.serial)
            engine.push("stop") { engine.stop() }
        }
    }
}

/// Keeps an engine.
private final class Holder: Variable, @unchecked Sendable {
    let engine: Engine
    init(_ engine: Engine) { self.engine = engine }
}

/// Threads of the process.
private func threadCount() -> Int {
    var count = 0
    guard let folder = opendir("/proc/self/task") else { return 0 }
    defer { closedir(folder) }
    while let entry = readdir(folder) {
        if entry.pointee.d_name.0 != UInt8(ascii: ".") { count += 1 }
    }
    return count
}
