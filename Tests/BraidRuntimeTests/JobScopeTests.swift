import Braid
import BraidCore
import BraidOperators
import BraidPlatform
import BraidRuntime
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Jobs inherit mode and owner of their push, and see nothing else of any scope: neither of their push
/// nor of the thread that runs them.
@Suite struct JobScopeTests {
    /// A way to open a scope, and what a job that is pushed inside inherits.
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        var mode = Mode.predict
        var owner: String?
        /// Runs code inside the scope.
        let open: @Sendable (_ body: () throws -> Void) throws -> Void

        var testDescription: String { name }

        static let all: [Case] = [
            Case(name: "none") { try $0() },
            Case(name: "train", mode: .train) { body in try withMode(.train) { try body() } },
            Case(name: "predict") { body in try withMode(.predict) { try body() } },
            Case(name: "validating") { body in try validating { try body() } },
            Case(name: "record", mode: .train) { body in try Autograd.record { try body() } },
            Case(name: "pause in record", mode: .train) { body in
                try Autograd.record { try Autograd.pause { try body() } }
            },
            Case(name: "gradient") { body in
                _ = try gradient(at: .ones([2])) { x in
                    try body()
                    return x * x
                }
            },
            Case(name: "trace") { body in
                // The closure of a trace cannot throw.
                var failure: (any Error)?
                withoutActuallyEscaping(body) { body in
                    nonisolated(unsafe) let body = body
                    let seen = Locked<(any Error)?>(nil)
                    let function = hybridize { (x: NDArray) -> NDArray in
                        do { try body() } catch { seen.withLock { $0 = error } }
                        return x + x
                    }
                    _ = function(.ones([2]))
                    failure = seen.withLock { $0 }
                }
                if let failure { throw failure }
            },
            Case(name: "averages") { body in
                try AverageMoves.collecting { Result { try body() } }.result.get()
            },
            Case(name: "owner", owner: "somebody") { body in
                try JobOwner.named("somebody") { try body() }
            },
            Case(name: "random source") { body in
                try RandomSource.withSource(key: 3) { try body() }
            },
            Case(name: "block observer") { body in
                try Scopes.changing({ $0.blockObserver = Variable() }) { try body() }
            },
            Case(name: "job", mode: .train, owner: "outer") { body in
                // Inside a job of another engine, with a scope of its own.
                let engine = Engine(.serial)
                var failure: (any Error)?
                withoutActuallyEscaping(body) { body in
                    nonisolated(unsafe) let body = body
                    let seen = Locked<(any Error)?>(nil)
                    engine.push("outer", owner: "outer") {
                        withMode(.train) {
                            do { try body() } catch { seen.withLock { $0 = error } }
                        }
                    }
                    failure = seen.withLock { $0 }
                }
                if let failure { throw failure }
            },
        ]
    }

    /// What a job sees.
    private struct View: Equatable {
        var mode: Mode?
        var owner: String?
        var isRecording = false
        var isTracing = false
        var collectsAverages = false
        var hasRandomSource = false
        var observesBlocks = false
        var isNested = false

        init(mode: Mode, owner: String?) {
            self.mode = mode
            self.owner = owner
            isNested = true
        }

        static var current: View {
            var view = View(mode: Mode.current, owner: JobOwner.current)
            let values = Scopes.current?.values
            view.isRecording = Autograd.isRecording || values?.tape != nil
            view.isTracing = values?.trace != nil
            view.collectsAverages = values?.averages != nil
            view.hasRandomSource = values?.randomSource != nil
            view.observesBlocks = values?.blockObserver != nil
            view.isNested = JobFrame.isInsideJob
            return view
        }
    }

    /// One job in every scope, run by a thread that waits in every other.
    @Test(arguments: [Engine.Kind.serial, .simulated(seed: 7), .threaded(threads: 1)])
    func jobsSeeNoScope(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        var ranHere = 0
        for pushed in Case.all {
            for run in Case.all {
                let note: Comment = "pushed in \(pushed.name), run in \(run.name)"
                let (gate, done, observed) = (Variable(), Variable(), Variable())
                let views = Locked<[View]>([])
                let here = JobFrame.current
                let thread = Locked(here)
                // Held back, so that it does not run at its push; a serial engine would wait there.
                if kind != .serial { #expect(gate.tryBeginRead()) }
                try pushed.open {
                    engine.push("job", updates: [gate, done]) {
                        views.withLock { $0.append(.current) }
                        thread.withLock { $0 = .current }
                        engine.push("inner", updates: [observed]) {
                            views.withLock { $0.append(.current) }
                        }
                    }
                    engine.notify(when: done) { _ in views.withLock { $0.append(.current) } }
                }
                try run.open {
                    if kind != .serial { gate.endRead() }
                    do {
                        try engine.wait(for: done)
                        try engine.wait(for: observed)
                        try engine.waitAll()
                    } catch { Issue.record("\(error)") }
                }
                let expected = View(mode: pushed.mode, owner: pushed.owner)
                #expect(views.withLock { $0 } == [expected, expected, expected], note)
                if thread.withLock({ here.isBelow($0) }) { ranHere += 1 }
            }
        }
        // With workers the waiting thread is not always the first.
        #expect(ranHere > 0)
    }

    /// A mistake inside a job is the job's failure and reaches no `validating`.
    @Test(arguments: [Engine.Kind.serial, .simulated(seed: 3), .threaded(threads: 1)])
    func mistakesPoisonTheJob(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        for pushed in Case.all {
            for run in Case.all {
                let note: Comment = "pushed in \(pushed.name), run in \(run.name)"
                let (gate, result, other) = (Variable(), Variable(), Variable())
                if kind != .serial { #expect(gate.tryBeginRead()) }
                try pushed.open {
                    engine.push("mistake", updates: [gate], overwrites: [result]) {
                        _ = NDArray.ones([2]) + NDArray.ones([3])
                        throw ArrayError(.invalidState, in: "test", "not the first")
                    }
                    engine.push("next", overwrites: [other]) {}
                }
                try run.open {
                    if kind != .serial { gate.endRead() }
                    do throws(EngineError) {
                        try engine.wait(for: result)
                        Issue.record("no failure")
                    } catch {
                        #expect(error.job == "mistake", note)
                        #expect((error.underlying as? ArrayError)?.operation == "add", note)
                    }
                    do { try engine.wait(for: other) } catch { Issue.record("\(error)") }
                }
                #expect(throws: EngineError.self) { try engine.waitAll() }
            }
        }
    }

    /// Also in observers, programs, and code that runs because something died.
    @Test(arguments: [Engine.Kind.serial, .simulated(seed: 3), .threaded(threads: 2)])
    func mistakesElsewhereInJobs(kind: Engine.Kind) throws {
        final class Mistaken: Sendable {
            deinit { _ = NDArray.ones([2]) + NDArray.ones([3]) }
        }
        let engine = Engine(kind)
        let variable = Variable()
        engine.notify(when: variable) { _ in _ = NDArray.ones([2]) + NDArray.ones([3]) }
        #expect(throws: EngineError.self) { try engine.waitAll() }

        var builder = Program.Builder(externals: 1)
        builder.add("inner", overwrites: [builder.externals[0]])
        engine.push(builder.built(), label: "program", externals: [variable]) { _ in
            _ = NDArray.ones([2]) + NDArray.ones([3])
        }
        #expect(throws: EngineError.self) { try engine.wait(for: variable) }
        #expect(throws: EngineError.self) { try engine.waitAll() }

        // What the body captured dies with the job, unless the pushing thread still holds it.
        if kind == .serial { return }
        let held = Variable()
        #expect(held.tryBeginRead())
        engine.push("holder", overwrites: [held]) { [mistaken = Mistaken()] in _ = mistaken }
        held.endRead()
        #expect(throws: EngineError.self) { try engine.wait(for: held) }
        #expect(throws: EngineError.self) { try engine.waitAll() }
    }

    /// The pieces of a loop see one mode on all threads, and report to the caller.
    @Test(arguments: [1, 2, 4])
    func piecesSeeTheCallersMode(threads: Int) throws {
        let engine = Engine(.threaded(threads: threads))
        for count in [1, 64] {
            let views = Locked<[View]>([])
            try Autograd.record {
                try validating {
                    JobOwner.named("loop") {
                        engine.parallelFor(count) { _ in views.withLock { $0.append(.current) } }
                    }
                }
            }
            for view in views.withLock({ $0 }) {
                #expect(view.mode == .train && view.owner == "loop" && !view.isRecording)
            }
            #expect(throws: ArrayError.self) {
                try validating {
                    engine.parallelFor(count) { _ in _ = NDArray.ones([2]) + NDArray.ones([3]) }
                }
            }
            let result = Variable()
            engine.push("split", overwrites: [result]) {
                engine.parallelFor(count) { _ in _ = NDArray.ones([2]) + NDArray.ones([3]) }
            }
            #expect(throws: EngineError.self) { try engine.wait(for: result) }
        }
    }

    /// A job that an update waits for finds the parameter taken for good, on whatever thread it runs.
    @Test func jobsThatUpdatesWaitForAreTold() throws {
        let engine = Engine(.threaded(threads: 2))
        let parameter = Parameter(NDArray.ones([2]))
        let done = Variable()
        parameter.update { value in
            engine.push("reads", overwrites: [done]) { _ = parameter.wrappedValue }
            let error = #expect(throws: EngineError.self) { try engine.wait(for: done) }
            #expect("\(error!)".contains("a job that the update waits for"))
            value = value * 2
        }
        #expect(try parameter.wrappedValue.scalars(as: Float.self) == [2, 2])
    }

    /// A waiter in training helps with a prediction: dropout stays off.
    @Test func predictionsStayPredictions() throws {
        let engine = Engine(.threaded(threads: 2))
        let x = NDArray.ones([64])
        for _ in 0..<50 {
            let done = Variable()
            let isSame = Locked(false)
            engine.push("predict", overwrites: [done]) {
                let y = Dropout(0.5)(x)
                let same = try y.scalars(as: Float.self) == x.scalars(as: Float.self)
                isSame.withLock { $0 = same }
            }
            try withMode(.train) { try engine.wait(for: done) }
            #expect(isSame.withLock { $0 })
        }
    }

    /// Outside all scopes a mistake ends the process, on whatever thread a piece runs.
    @Test func mistakesInPiecesOutsideAllScopesEndTheProcess() async {
        await #expect(processExitsWith: .failure) {
            let engine = Engine(.threaded(threads: 2))
            engine.parallelFor(2) { _ in _ = NDArray.ones([2]) + NDArray.ones([3]) }
        }
    }

    /// Jobs that wait for a parameter leave their permits to the work that its update waits for.
    @Test func jobsThatWaitForAParameterLeaveRoom() async {
        // A hang ends with the alarm.
        await #expect(processExitsWith: .success) {
            alarm(60)
            for kind in [Engine.Kind.threaded(threads: 1), .threaded(threads: 2)] {
                Runtime.use(Engine(kind))
                let parameter = Parameter(NDArray.ones([256, 256]))
                parameter.update { value in
                    for _ in 0..<4 {
                        Runtime.engine.push("predict") { _ = parameter.wrappedValue }
                    }
                    let product = value.matmul(value)
                    let first = try! product[0, 0].scalar(as: Float.self)
                    precondition(first == 256)
                }
                try Runtime.waitAll()
            }
        }
    }

    /// Nor does an update wait for room that only such jobs could make; who makes it waits when it is over.
    @Test func updatesDoNotWaitForRoom() async {
        await #expect(processExitsWith: .success) {
            alarm(60)
            let engine = Engine(.threaded(threads: 1), limits: Engine.Limits(jobs: 4))
            Runtime.use(engine)
            let parameter = Parameter(NDArray.ones([256, 256]))
            let fast = hybridize { (x: NDArray) -> NDArray in
                parameter.update { $0 = $0.matmul(x) }
                return x
            }
            for round in 0..<20 {
                parameter.update { value in
                    for _ in 0..<8 { engine.push("predict") { _ = parameter.wrappedValue } }
                    value += NDArray.ones([256, 256])
                }
                precondition(round > 0 || engine.counters.blockedPushes > 0)
                precondition(engine.counters.inFlight <= 2)
                engine.push("predict") { _ = parameter.wrappedValue }
                _ = fast(.zeros([256, 256]))
            }
            try Runtime.waitAll()
            let first = try parameter.wrappedValue[0, 0].scalar(as: Float.self)
            precondition(first == 0)
        }
    }
}

extension JobFrame {
    /// Whether the other frame ran on top of this one.
    fileprivate func isBelow(_ other: JobFrame) -> Bool { other.isOnTop(of: self) }
}
