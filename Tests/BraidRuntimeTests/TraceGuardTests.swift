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
        #expect(message.contains("reduction") && message.contains("select"), "\(message)")
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
            func inAnotherThread(_ body: @escaping @Sendable () -> NDArray) -> NDArray {
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

    @Test func mistakesInATraceNameOperatorAndShapes() throws {
        let fast = hybridize { (a: NDArray, b: NDArray) -> NDArray in a + b }
        let error = #expect(throws: ArrayError.self) {
            try validating { fast(.ones([2, 3]), .ones([4, 5])) }
        }
        #expect(error?.description.contains("[2, 3]") == true)
        #expect(error?.description.contains("[4, 5]") == true)
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
