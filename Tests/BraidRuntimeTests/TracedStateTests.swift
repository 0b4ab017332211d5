import Braid
import BraidTestSupport
import Foundation
import Testing

/// What traced code does to parameters beside their values, and what traces depend on.
struct TracedStateTests {
    private func values(_ array: NDArray?) throws -> [Float]? {
        try array?.scalars(as: Float.self)
    }

    /// Clearing a gradient is a statement like any other, and needs no new trace.
    @Test(arguments: [Parameter.GradientMode.write, .add])
    func gradientsAreClearedAtEveryCall(_ mode: Parameter.GradientMode) throws {
        let (plain, traced) = (
            Parameter(NDArray([1, 2] as [Float])), Parameter(NDArray([1, 2] as [Float]))
        )
        plain.gradientMode = mode
        traced.gradientMode = mode
        func step(_ parameter: Parameter) -> @Sendable (NDArray) -> NDArray {
            { x in
                parameter.gradient = nil
                for _ in 0..<2 {
                    Autograd.record { (parameter.wrappedValue * x).sum() }.backward()
                }
                return x
            }
        }
        let fast = HybridFunction(step(traced))
        for round in 0..<5 {
            let x = NDArray([Float(round), 1])
            _ = step(plain)(x)
            _ = fast(x)
            #expect(try values(traced.gradient) == values(plain.gradient))
            #expect(fast.traceCount == 1)
        }
    }

    @Test func aClearedGradientIsGone() throws {
        let parameter = Parameter(NDArray([1, 2] as [Float]))
        let seen = LockedBox<[Bool]>([])
        let fast = HybridFunction { (x: NDArray) -> NDArray in
            parameter.gradient = x
            parameter.gradient = nil
            seen.change { $0.append(parameter.gradient == nil) }
            return x
        }
        for _ in 0..<3 {
            parameter.gradient = .ones([2])
            _ = fast(.ones([2]))
            #expect(parameter.gradient == nil)
        }
        #expect(seen.value == [true] && fast.traceCount == 1)
        // Cleared, then set.
        let setting = HybridFunction { (x: NDArray) -> NDArray in
            parameter.gradient = nil
            parameter.gradient = x * 2
            return x
        }
        for _ in 0..<3 { _ = setting(vector(1, 2)) }
        #expect(try values(parameter.gradient) == [2, 4] && setting.traceCount == 1)
        // In recorded calls, too.
        let recorded = HybridFunction { (x: NDArray) -> NDArray in
            Autograd.pause { parameter.gradient = nil }
            return x * parameter.wrappedValue
        }
        _ = Autograd.record { recorded(vector(1, 2)) }
        #expect(parameter.gradient == nil)
    }

    /// Adding to a gradient that was or was not there are two traces, both of which are kept.
    @Test func whetherThereIsAGradientIsPartOfTheKey() throws {
        let parameter = Parameter(NDArray([1, 2] as [Float]))
        parameter.gradientMode = .add
        let fast = HybridFunction { (x: NDArray) -> NDArray in
            let loss = Autograd.record { (parameter.wrappedValue * x).sum() }
            loss.backward()
            return loss
        }
        for _ in 0..<3 {
            parameter.gradient = nil
            _ = fast(vector(1, 1))
            #expect(try values(parameter.gradient) == [1, 1])
            _ = fast(vector(1, 1))
            #expect(try values(parameter.gradient) == [2, 2])
        }
        #expect(fast.traceCount == 2)
    }

    /// Modes that the traced code asked for, whether or not it read the parameter's old value.
    @Test func everyModeThatWasAskedForIsPartOfTheKey() throws {
        let parameter = Parameter(NDArray([1, 2] as [Float]))
        let fast = HybridFunction { (x: NDArray) -> NDArray in
            parameter.wrappedValue = x * 2
            Autograd.record { (parameter.wrappedValue * 3).sum() }.backward()
            return x
        }
        _ = fast(vector(1, 1))
        #expect(try values(parameter.gradient) == [3, 3])
        parameter.freeze()
        parameter.gradient = nil
        _ = fast(vector(1, 1))
        #expect(parameter.gradient == nil)
        parameter.unfreeze()
        _ = fast(vector(1, 1))
        #expect(try values(parameter.gradient) == [3, 3])
        let asking = HybridFunction { (x: NDArray) -> NDArray in
            parameter.gradientMode == .none ? x : -x
        }
        #expect(try values(asking(vector(1))) == [-1])
        parameter.freeze()
        #expect(try values(asking(vector(1))) == [1])
    }

    private static let refused: [(name: String, body: @Sendable (Parameter) -> Void)] = [
        ("freeze", { $0.freeze() }), ("unfreeze", { $0.unfreeze() }),
        ("gradientMode", { $0.gradientMode = .add }), ("initialize", { $0.initialize(.zeros) }),
    ]

    /// What would act once, when it is traced, is refused; of a parameter that the code makes itself it is
    /// right.
    @Test(arguments: refused.indices)
    func whatWouldActOnceIsRefused(_ index: Int) throws {
        let (name, body) = Self.refused[index]
        let parameter = Parameter(NDArray([1, 2] as [Float]))
        let mode = parameter.gradientMode
        let fast = HybridFunction { (x: NDArray) -> NDArray in
            body(parameter)
            return x
        }
        let error = #expect(throws: ArrayError.self) { try validating { fast(vector(1)) } }
        #expect(error?.operation == name && error?.message.contains("once") == true)
        #expect(parameter.gradientMode == mode)
        #expect(try values(parameter.wrappedValue) == [1, 2])
        let own = HybridFunction { (x: NDArray) -> NDArray in
            let made = Parameter(NDArray([1, 2] as [Float]))
            body(made)
            return x + made.wrappedValue.sum()
        }
        _ = try validating { own(vector(1)) }
    }

    /// Parameters that traced code makes are made once; what they start from is no value of the trace.
    @Test func parametersMadeInATrace() throws {
        let fast = HybridFunction { (x: NDArray) -> NDArray in
            x * Parameter([2], initializer: .normal(mean: 5, standardDeviation: 0.1)).wrappedValue
        }
        let first = try values(fast(vector(1, 1)))!
        #expect(first.allSatisfy { $0 > 3 })
        #expect(try values(fast(vector(1, 1))) == first)
        let wrong = HybridFunction { (x: NDArray) -> NDArray in Parameter(x * 2).wrappedValue }
        #expect(throws: ArrayError.self) { try validating { wrong(vector(1, 1)) } }
    }

    /// A gradient rule is built when a gradient is wanted, as often as that is: it cannot change state.
    @Test func gradientRulesDoNotChangeParameters() throws {
        let parameter = Parameter(NDArray([1, 2] as [Float]))
        for change: @Sendable (Parameter) -> Void in [
            { $0.wrappedValue = .zeros([2]) }, { $0.update { $0 += 1 } },
            { $0.gradient = .zeros([2]) },
            { $0.gradient = nil }, { $0.moveAverage(toward: .zeros([2]), momentum: 0.5) },
        ] {
            #expect(throws: ArrayError.self) {
                try validating {
                    let y = Autograd.record {
                        Autograd.custom([parameter.wrappedValue]) {
                            [$0[0] * 2]
                        } backward: { _, _, dy in
                            change(parameter)
                            return [dy[0]]
                        }[0]
                    }
                    y.backward()
                }
            }
            #expect(try values(parameter.wrappedValue) == [1, 2])
        }
    }

    /// The backward half of a custom function may read parameters and captured arrays, hybridized in every
    /// way.
    @Test func gradientRulesReadParametersAndCaptures() throws {
        let scale = Parameter(NDArray([3, 4] as [Float]))
        scale.gradientMode = .none
        let captured = NDArray([10, 20] as [Float])
        let weight = Parameter(NDArray([1, 2] as [Float]))
        @Sendable func custom(_ x: NDArray) -> NDArray {
            Autograd.custom([x]) {
                [$0[0] * 2]
            } backward: { _, _, dy in
                [dy[0] * scale.wrappedValue + captured]
            }[0]
        }
        @Sendable func step(_ x: NDArray) -> NDArray {
            Autograd.record { (custom(weight.wrappedValue) * x).sum() }.backward()
            return x
        }
        let x = NDArray([1, 1] as [Float])
        _ = step(x)
        #expect(try values(weight.gradient) == [13, 24])
        weight.gradient = nil
        let whole = HybridFunction(step)
        for round in 0..<3 {
            scale.wrappedValue = NDArray([Float(round), 4])
            _ = whole(x)
            #expect(try values(weight.gradient) == [Float(round) + 10, 24], "whole")
        }
        weight.gradient = nil
        let forward = HybridFunction(custom)
        for round in 0..<3 {
            scale.wrappedValue = NDArray([Float(round), 4])
            Autograd.record { (forward(weight.wrappedValue) * x).sum() }.backward()
            #expect(try values(weight.gradient) == [Float(round) + 10, 24], "forward")
        }
    }

    /// A backward half that gives something else than its inputs' cotangents is told, in every way it runs.
    @Test func wrongCotangentsAreTold() throws {
        for wrong: [NDArray?] in [[], [nil, nil], [.zeros([3])], [.zeros([2], dtype: .f64)]] {
            let weight = Parameter(NDArray([1, 2] as [Float]))
            @Sendable func step(_ x: NDArray) -> NDArray {
                let loss = Autograd.record {
                    Autograd.custom([weight.wrappedValue * x]) {
                        [$0[0] * 2]
                    } backward: { _, _, _ in
                        wrong
                    }[0]
                }
                loss.backward()
                return loss
            }
            #expect(throws: ArrayError.self) { try validating { step(vector(1, 1)) } }
            #expect(throws: ArrayError.self) {
                try validating { HybridFunction(step)(vector(1, 1)) }
            }
            #expect(try values(weight.wrappedValue) == [1, 2])
            #expect(weight.gradient == nil)
        }
    }

    /// No lock is held while a function is traced: one that waits for a thread which calls it comes to its
    /// end.
    @Test(.timeLimit(.minutes(1)))
    func aTracedFunctionMayWaitForItsCallers() throws {
        let function = LockedBox<HybridFunction<NDArray, NDArray>?>(nil)
        let isFirst = LockedBox(true)
        let fast = HybridFunction { (x: NDArray) -> NDArray in
            var waits = false
            isFirst.change {
                waits = $0
                $0 = false
            }
            if waits { parallel(2) { _ in _ = function.value!(.ones([2])) } }
            return x * 2
        }
        function.value = fast
        #expect(try values(fast(.ones([2]))) == [2, 2])
        #expect(fast.traceCount == 1)
        function.value = nil
    }

    @Test func callsAtTheSameTimeKeepOneTrace() throws {
        for _ in 0..<20 {
            let fast = HybridFunction { (x: NDArray) -> NDArray in x * 2 + 1 }
            parallel(4) { _ in #expect(try! fast(.ones([2])).scalars(as: Float.self) == [3, 3]) }
            #expect(fast.traceCount == 1)
        }
    }

    /// Signatures that take turns are compiled once each.
    @Test func signaturesThatTakeTurnsAreTracedOnceEach() throws {
        let traces = LockedBox(0)
        let fast = HybridFunction { (x: NDArray) -> NDArray in
            traces.change { $0 += 1 }
            return x * 2
        }
        for _ in 0..<10 { for count in 1...8 { _ = fast(.ones([count])) } }
        #expect(traces.value == 8 && fast.traceCount == 8)
    }

    /// A job that wants a parameter while it is updated waits for the end of the update, and does not run
    /// on top of it.
    @Test(.timeLimit(.minutes(1)))
    func jobsWaitForUpdates() throws {
        let parameter = Parameter(NDArray([Float](repeating: 1, count: 4)))
        let result = Variable()
        let seen = LockedBox<[Float]>([])
        let large = NDArray.ones([400, 400])
        for round in 0..<5 {
            try parameter.update { value in
                Runtime.engine.push("reader", overwrites: [result]) {
                    seen.value = try parameter.wrappedValue.scalars(as: Float.self)
                }
                value += 1
                _ = try large.matmul(large).sum().scalar(as: Float.self)
                _ = try value.scalars(as: Float.self)
            }
            try Runtime.engine.wait(for: result)
            #expect(seen.value == [Float](repeating: Float(round + 2), count: 4))
        }
    }

    /// What can never go on is told, and not waited for.
    @Test(.timeLimit(.minutes(1)))
    func readingInsideTheOwnUpdateIsToldInEveryWay() throws {
        let parameter = Parameter(NDArray([1, 2] as [Float]))
        let fast = HybridFunction { (x: NDArray) -> NDArray in
            parameter.update { $0 += x }
            return x
        }
        _ = fast(vector(0, 0))
        for use: @Sendable () -> Void in [
            { _ = parameter.wrappedValue }, { parameter.wrappedValue = .zeros([2]) },
            { parameter.update { $0 += 1 } }, { _ = fast(vector(1, 1)) },
            { parameter.initialize() },
        ] {
            #expect(throws: ArrayError.self) { try validating { parameter.update { _ in use() } } }
            #expect(try values(parameter.wrappedValue) == [1, 2])
        }
    }

    /// A step that averages counts how many gradients a sum has, also of those that the graph computes from
    /// nothing: the call gives the parameter an array then.
    @Test(arguments: [false, true]) func sumsCountEachGradientOnce(isHybrid: Bool) throws {
        let parameter = Parameter(NDArray([1, 2, 3] as [Float]))
        parameter.gradientMode = .add
        let eager: @Sendable (NDArray) -> NDArray = { x in
            let loss = Autograd.record { parameter.wrappedValue.sum() }
            loss.backward()
            return x
        }
        let step = isHybrid ? HybridFunction(eager).callAsFunction : eager
        for count in 1...4 {
            _ = step(vector(1))
            #expect(parameter.gradientNews.count == count)
            #expect(try values(parameter.gradient) == [Float](repeating: Float(count), count: 3))
        }
        parameter.useGradient()
        #expect(!parameter.gradientNews.isNew)
    }
}
