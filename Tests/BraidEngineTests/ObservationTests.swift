import BraidEngine
import Foundation
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What an engine tells of itself.
@Suite struct ObservationTests {
    @Test func countersCount() throws {
        let engine = Engine(.threaded(threads: 2))
        Watchdog.run(engine) {
            let variable = Variable()
            engine.push("fail", updates: [variable]) { throw TestFailure(number: 1) }
            for _ in 0..<9 { engine.push("skipped", reads: [variable]) {} }
            _ = engine.failureOfAll()
            let counters = engine.counters
            #expect(counters.pushed == 10)
            #expect(counters.completed == 10)
            #expect(counters.skipped == 9)
            #expect(counters.inFlight == 0)
            #expect(counters.blockedPushes == 0)
            #expect((0...2).contains(counters.workers))
            #expect(engine.threads == 2)
            #expect(engine.kind == .threaded(threads: 2))
            #expect(Engine(.serial).threads == 1)
        }
    }

    #if os(Linux)
        /// The default follows the affinity of the process.
        @Test func usableCoresFollowTheAffinity() async {
            #expect(Engine().threads >= 1)
            #expect(Engine().threads <= ProcessInfo.processInfo.processorCount)
            await #expect(processExitsWith: .success) {
                // Not importable by name.
                typealias Affinity = @convention(c) (pid_t, Int, UnsafeMutableRawPointer) -> CInt
                let library = dlopen(nil, RTLD_NOW)
                let get = unsafeBitCast(dlsym(library, "sched_getaffinity"), to: Affinity.self)
                let set = unsafeBitCast(dlsym(library, "sched_setaffinity"), to: Affinity.self)
                var mask = [UInt8](repeating: 0, count: 128)
                precondition(get(getpid(), mask.count, &mask) > 0 || mask.contains { $0 != 0 })
                // One of the processors that are allowed.
                let first = mask.firstIndex { $0 != 0 }!
                let bit = UInt8(1) << UInt8(mask[first].trailingZeroBitCount)
                for index in mask.indices { mask[index] = index == first ? bit : 0 }
                precondition(set(getpid(), mask.count, &mask) == 0)
                precondition(Engine().threads == 1)
            }
        }
    #endif

    @Test func waitReportNamesWhoWaitsForWhom() throws {
        let engine = Engine(.threaded(threads: 1))
        try Watchdog.run(engine) {
            #expect(engine.waitReport() == "no job in flight\n")
            let (x, y) = (Variable(), Variable())
            let (gate, started) = (Semaphore(), Semaphore())
            engine.push("first", updates: [x]) {
                started.signal()
                gate.wait()
            }
            engine.push("reader", reads: [x]) {}
            engine.push("writer", updates: [x, y]) {}
            engine.push("free") {}
            started.wait()
            #expect(
                engine.waitReport() == """
                    'first' (1) runs
                    'reader' (2) waits for 'first' (1)
                    'writer' (3) waits for 'reader' (2)
                    'free' (4) is ready

                    """)
            gate.signal()
            try engine.waitAll()
        }
    }

    @Test func stallsAreReported() async throws {
        let result = await #expect(
            processExitsWith: .success, observing: [\.standardErrorContent]
        ) {
            let engine = Engine(
                .threaded(threads: 1), reportsStallsAfter: .milliseconds(20))
            let variable = Variable()
            precondition(variable.tryBeginRead())
            engine.push("stuck", updates: [variable]) {}
            let releaser = UserThread {
                usleep(200_000)
                variable.endRead()
            }
            try engine.wait(for: variable)
            releaser.join()
        }
        let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(text.contains("braid: no job has ended for 0.02 s; in flight:\n'stuck' (1) waits"))
    }

    @Test(arguments: Engine.Kind.all)
    func recordsBecomeChromeTraces(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            let variable = Variable()
            engine.push("before") {}
            try engine.waitAll()
            engine.startRecording()
            let labels = ["plain", "\"quoted\" \\ \n\t\u{1}", "größer 🧵"]
            for label in labels {
                engine.push(label, updates: [variable]) { sleep(milliseconds: 1) }
            }
            engine.push("fail", updates: [variable]) { throw TestFailure(number: 1) }
            engine.push("skipped", updates: [variable]) {}
            _ = engine.failureOfAll()
            let records = engine.stopRecording()
            engine.push("after") {}
            try engine.waitAll()
            #expect(records.map(\.label) == labels + ["fail"])
            #expect(records.prefix(3).allSatisfy { $0.duration >= 1_000_000 })
            #expect(
                zip(records, records.dropFirst()).allSatisfy { $0.start + $0.duration <= $1.start })

            let trace = Data(JobRecord.chromeTrace(of: records).utf8)
            let object = try #require(
                try JSONSerialization.jsonObject(with: trace) as? [String: Any])
            let events = try #require(object["traceEvents"] as? [[String: Any]])
            #expect(events.compactMap { $0["name"] as? String } == records.map(\.label))
            #expect(events.allSatisfy { $0["ph"] as? String == "X" && $0["tid"] is Int })
            #expect((events[0]["ts"] as? Double) == 0)
            #expect((events[1]["dur"] as? Double).map { $0 >= 1_000 } == true)
            #expect(engine.stopRecording().isEmpty)
            let empty = try JSONSerialization.jsonObject(
                with: Data(JobRecord.chromeTrace(of: []).utf8))
            #expect((empty as? [String: [String]])?["traceEvents"] == [])
        }
    }
}
