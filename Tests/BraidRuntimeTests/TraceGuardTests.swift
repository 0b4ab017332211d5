import Braid
import Foundation
import Testing

/// What a trace does not allow stops the program and says what to do instead.
struct TraceGuardTests {
    /// Keeps what a traced closure lets escape.
    private final class Box: @unchecked Sendable {
        // Written and read by one thread.
        var array: NDArray?
    }

    private static func message(_ result: ExitTest.Result?) -> String {
        String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    }

    @Test func readingAValueNamesItsOriginAndTheWayOut() async {
        let result = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            let fast = hybridize { (x: NDArray) -> NDArray in
                let total = try! x.tanh().sum().scalar(as: Float.self)
                return total > 0 ? x : -x
            }
            _ = fast(.ones([3]))
        }
        let message = Self.message(result)
        #expect(message.contains("'sum'") && message.contains("select"), "\(message)")
    }

    /// Gradients would flow to the old value; state without gradients may change.
    @Test func readingAChangedParameterInARecordedCallSaysWhatToDo() throws {
        let weight = Parameter(NDArray([1, 2, 3] as [Float]))
        let fast = hybridize { (x: NDArray) -> NDArray in
            Autograd.pause { weight.wrappedValue = weight.wrappedValue * 2 }
            return x * weight.wrappedValue
        }
        let error = #expect(throws: ArrayError.self) {
            try validating { Autograd.record { fast(.ones([3])) } }
        }
        #expect(error?.description.contains("gradientMode to .none") == true, "\(error!)")
        #expect(try weight.wrappedValue.scalars(as: Float.self) == [1, 2, 3])
        #expect(try fast(.ones([3])).scalars(as: Float.self) == [2, 4, 6])
        weight.gradientMode = .none
        let recorded = Autograd.record { fast(.ones([3])) }
        #expect(try recorded.scalars(as: Float.self) == [4, 8, 12])
    }

    @Test func usingAValueLaterSaysThatTheTraceHasEnded() async {
        let result = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            let box = Box()
            let fast = hybridize { (x: NDArray) -> NDArray in
                box.array = x.exp()
                return x
            }
            _ = fast(.ones([3]))
            _ = box.array! + 1
        }
        let message = Self.message(result)
        #expect(message.contains("trace") && message.contains("return it"), "\(message)")
    }

    @Test func usingAValueInAnotherTraceSaysSo() async {
        let result = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            let box = Box()
            _ = hybridize { (x: NDArray) -> NDArray in
                box.array = x.exp()
                return x
            }(.ones([3]))
            _ = hybridize { (x: NDArray) -> NDArray in x + box.array! }(.ones([3]))
        }
        #expect(Self.message(result).contains("another trace"), "\(Self.message(result))")
    }

    @Test func usingATraceInAnotherThreadSaysSo() async {
        let result = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            @Sendable func inAnotherThread(_ body: @escaping @Sendable () -> NDArray) -> NDArray {
                let box = Box()
                let thread = Thread { box.array = body() }
                thread.start()
                while !thread.isFinished { usleep(1000) }
                return box.array!
            }
            _ = hybridize { (x: NDArray) -> NDArray in inAnotherThread { x + 1 } }(.ones([3]))
        }
        #expect(Self.message(result).contains("trace"), "\(Self.message(result))")
    }

    /// Child tasks know of the trace and are refused; detached ones see a value without elements.
    @Test func usingATraceInAnotherTaskSaysSo() async {
        let child = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            _ = hybridize { (x: NDArray) -> NDArray in
                let done = DispatchSemaphore(value: 0)
                let box = Box()
                Task {
                    box.array = x + 1
                    done.signal()
                }
                done.wait()
                return box.array!
            }(.ones([3]))
        }
        #expect(Self.message(child).contains("add: a trace belongs"), "\(Self.message(child))")
        #expect(Self.message(child).contains("a trace belongs to the task that takes it"))
        let detached = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            _ = hybridize { (x: NDArray) -> NDArray in
                let done = DispatchSemaphore(value: 0)
                let box = Box()
                Task.detached {
                    box.array = x + 1
                    done.signal()
                }
                done.wait()
                return box.array!
            }(.ones([3]))
        }
        let message = Self.message(detached)
        #expect(message.contains("not be used outside the traced code"), "\(message)")
    }

    /// An array outside that the traced code changes becomes a value of the trace; whoever reads it
    /// learns what to use instead.
    @Test func changingACapturedArrayNamesParameters() async throws {
        let box = Box()
        box.array = .zeros([3])
        let fast = hybridize { (x: NDArray) -> NDArray in
            box.array! += x
            return box.array! * 2
        }
        #expect(try fast(.ones([3])).scalars(as: Float.self) == [2, 2, 2])
        // Reading can throw, and so stops nothing.
        let read = #expect(throws: EngineError.self) {
            try box.array!.scalars(as: Float.self)
        }
        #expect("\(read!)".contains("has to be a Parameter"), "\(read!)")
        // The second call would use the value of the first trace.
        let again = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            let box = Box()
            box.array = .zeros([3])
            let fast = hybridize { (x: NDArray) -> NDArray in
                box.array![0] += 1
                return box.array! + x[0]
            }
            _ = fast(.ones([3]))
            _ = fast(.ones([4]))
        }
        #expect(
            Self.message(again).contains("has to be a Parameter"), "\(Self.message(again))")
    }

    /// Copies that the traced code changes are its own; captured arrays, arguments and what parameters
    /// held before stay as they are, however often the graph runs.
    @Test func changesInATraceReachNoOtherCopy() throws {
        let captured = NDArray([1, 2, 3] as [Float])
        let weight = Parameter(NDArray([10, 20, 30] as [Float]))
        let snapshot = weight.wrappedValue
        let fast = hybridize { (x: NDArray) -> NDArray in
            var (a, b) = (captured, x)
            a += 1
            a[0] = x[0] * 0
            b *= 2
            weight.update { $0[1] += 1 }
            weight.update { $0 *= 2 }
            return a + b
        }
        let x = NDArray([5, 6, 7] as [Float])
        for _ in 0..<3 { #expect(try fast(x).scalars(as: Float.self) == [10, 15, 18]) }
        #expect(try captured.scalars(as: Float.self) == [1, 2, 3])
        #expect(try x.scalars(as: Float.self) == [5, 6, 7])
        #expect(try snapshot.scalars(as: Float.self) == [10, 20, 30])
        // (20 + 1) 2 = 42, (42 + 1) 2 = 86, (86 + 1) 2 = 174: once per call.
        #expect(try weight.wrappedValue.scalars(as: Float.self) == [80, 174, 240])
    }

    @Test func mistakesInATraceNameOperatorAndShapes() throws {
        let fast = hybridize { (a: NDArray, b: NDArray) -> NDArray in a + b }
        let error = #expect(throws: ArrayError.self) {
            try validating { fast(.ones([2, 3]), .ones([4, 5])) }
        }
        #expect(error?.description.contains("[2, 3]") == true)
        #expect(error?.description.contains("[4, 5]") == true)
        #expect(error?.description.contains("(operands: argument 0, argument 1)") == true)
        #expect(try fast(.ones([2]), .ones([2])).scalars(as: Float.self) == [2, 2])
    }

    @Test func anotherGradientModeIsAnotherTrace() throws {
        let weight = Parameter(NDArray([3] as [Double]))
        let fast = hybridize { (x: NDArray) -> NDArray in
            let loss = Autograd.record { (weight.wrappedValue * x).sum() }
            loss.backward()
            return loss
        }
        let x = NDArray([2] as [Double])
        _ = fast(x)
        weight.gradientMode = .add
        _ = fast(x)
        _ = fast(x)
        #expect(try weight.gradient!.scalar(as: Double.self) == 6)
        weight.gradientMode = .none
        _ = fast(x)
        #expect(try weight.gradient!.scalar(as: Double.self) == 6)
        #expect(fast.traceCount == 3)
    }

    @Test func oneCompiledGraphServesManyThreads() async throws {
        let fast = hybridize { (x: NDArray) in (x.matmul(x) + 1).tanh().sum(over: 1) }
        func expected(_ factor: Double) -> NDArray {
            let x = NDArray.ones([64, 64]) * factor
            return (x.matmul(x) + 1).tanh().sum(over: 1)
        }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for round in 0..<20 {
                        let factor = Double(task * 20 + round) * 1e-3
                        let found = fast(NDArray.ones([64, 64]) * factor)
                        if try found.scalars(as: Float.self)
                            != expected(factor).scalars(as: Float.self)
                        {
                            return false
                        }
                    }
                    return true
                }
            }
            for try await isEqual in group { #expect(isEqual) }
        }
    }

    @Test func steadyCallsAskTheSystemForNoMemory() throws {
        let fast = hybridize { (x: NDArray) in (x * 2).matmul(x).tanh() }
        let x = NDArray.ones([200, 200])
        for _ in 0..<5 { try fast(x).waitUntilReady() }
        let before = MemoryPool.systemRequestCount
        for _ in 0..<50 { try fast(x).waitUntilReady() }
        #expect(MemoryPool.systemRequestCount - before <= 2)
    }
}
