import Braid
import BraidTestSupport
import Testing

struct HybridTests {
    private let x = NDArray([1, -2, 3] as [Double])

    @Test func aHybridFunctionEqualsThePlainOne() throws {
        let plain: @Sendable (NDArray) -> NDArray = { ($0 * 2 + 1).tanh() / $0.square().sum() }
        let fast = hybridize(plain)
        for _ in 0..<3 {
            #expect(try fast(x).scalars(as: Double.self) == plain(x).scalars(as: Double.self))
        }
        #expect(fast.traceCount == 1)
    }

    @Test func alternatingSignaturesAreTracedOnce() throws {
        let fast = hybridize { (x: NDArray) in x + 1 }
        for _ in 0..<5 {
            for count in 1...4 {
                _ = fast(.ones([count]))
                _ = fast(.ones([count], dtype: .f64))
                withMode(.train) { _ = fast(.ones([count])) }
            }
        }
        #expect(fast.traceCount == 12)
    }

    @Test func parametersAreReadAgainCapturedArraysAreNot() throws {
        let weight = Parameter(x)
        let factor = NDArray([10, 10, 10] as [Double])
        let fast = hybridize { (x: NDArray) in x * weight.wrappedValue + factor }
        #expect(try fast(x).scalars(as: Double.self) == [11, 14, 19])
        weight.wrappedValue += 1
        #expect(try fast(x).scalars(as: Double.self) == [12, 12, 22])
    }

    @Test func parametersChangeOncePerCall() throws {
        let count = Parameter(NDArray([0] as [Double]))
        let fast = hybridize { (x: NDArray) -> NDArray in
            count.update { $0 += 1 }
            count.update { $0 *= 2 }
            return x + count.wrappedValue
        }
        #expect(try fast(x).scalars(as: Double.self) == [3, 0, 5])
        #expect(try count.wrappedValue.scalar(as: Double.self) == 2)
        #expect(try fast(x).scalars(as: Double.self) == [7, 4, 9])
        #expect(try count.wrappedValue.scalar(as: Double.self) == 6)
    }

    @Test func gradientsFlowThroughRecordedCalls() throws {
        let (plainWeight, fastWeight) = (Parameter(x), Parameter(x))
        func body(_ weight: Parameter) -> @Sendable (NDArray) -> NDArray {
            { ($0 * weight.wrappedValue).tanh() * $0.exp() }
        }
        let fast = hybridize(body(fastWeight))
        for factor in [1.0, 2, 3] {
            let input = x * factor
            Autograd.record { body(plainWeight)(input).sum() }.backward()
            Autograd.record { fast(input).sum() }.backward()
            #expect(
                try plainWeight.gradient!.scalars(as: Double.self)
                    == fastWeight.gradient!.scalars(as: Double.self))
        }
        #expect(fast.traceCount == 1)
        // Gradients of the arguments, of first and second order.
        let plain = body(plainWeight)
        func curvature(_ function: @escaping (NDArray) -> NDArray) -> NDArray {
            gradient(at: x) { v in gradient(at: v) { function($0).sum() }.square() }
        }
        let expected = try curvature { plain($0) }.scalars(as: Double.self)
        let found = try curvature { fast($0) }.scalars(as: Double.self)
        for (a, b) in zip(expected, found) { #expect(abs(a - b) <= 1e-12 * Swift.max(1, abs(a))) }
    }

    @Test func twoForwardsBeforeOneBackwardAndAddedGradients() throws {
        let weight = Parameter(x)
        let fast = hybridize { (x: NDArray) in (x * weight.wrappedValue).square() }
        weight.gradientMode = .add
        for _ in 0..<2 {
            let loss = Autograd.record { fast(x).sum() + fast(x * 2).sum() }
            loss.backward()
        }
        // Σ 2 x² w + 2 (2x)² w = 10 x² w, twice.
        #expect(try weight.gradient!.scalars(as: Double.self) == [20, -160, 540])
    }

    @Test func wholeTrainingStepsAreTraced() throws {
        let (plain, traced) = (Parameter(x), Parameter(x))
        func step(_ weight: Parameter) -> @Sendable (NDArray) -> NDArray {
            { input in
                let loss = Autograd.record { (weight.wrappedValue * input - 1).square().sum() }
                loss.backward()
                weight.update { $0 -= weight.gradient! * 0.01 }
                return loss
            }
        }
        let fast = hybridize(step(traced))
        for _ in 0..<5 {
            #expect(
                try fast(x).scalar(as: Double.self) == step(plain)(x).scalar(as: Double.self))
        }
        #expect(
            try plain.wrappedValue.scalars(as: Double.self)
                == traced.wrappedValue.scalars(as: Double.self))
        #expect(
            try plain.gradient!.scalars(as: Double.self)
                == traced.gradient!.scalars(as: Double.self))
        #expect(fast.traceCount == 1)
    }

    @Test func pausedAndDetachedPartsOfATraceAreConstants() throws {
        let weight = Parameter(x)
        let fast = hybridize { (input: NDArray) -> NDArray in
            let loss = Autograd.record { () -> NDArray in
                let w = weight.wrappedValue
                let factor = Autograd.pause { weight.wrappedValue * 10 }
                return (w * factor + w * w.detached()).sum() * input.sum()
            }
            loss.backward()
            return loss
        }
        _ = fast(NDArray([1] as [Double]))
        #expect(try weight.gradient!.scalars(as: Double.self) == [11, -22, 33])
    }

    @Test func randomNumbersAreDrawnAsOftenAsPlainOnes() throws {
        let plain: @Sendable (NDArray) -> NDArray = {
            $0 * .uniform([3], dtype: .f64) + .normal([3], dtype: .f64)
        }
        let fast = hybridize(plain)
        RandomSource.seed(4)
        let expected = try (0..<3).map { _ in try plain(x).scalars(as: Double.self) }
        RandomSource.seed(4)
        let found = try (0..<3).map { _ in try fast(x).scalars(as: Double.self) }
        #expect(found == expected)
        #expect(expected[0] != expected[1])
    }

    @Test func inputsMayBeReturned() throws {
        let fast = hybridize { (a: NDArray, b: NDArray) in (b, a) }
        let y = NDArray([7] as [Double])
        let (first, second) = fast(x, y)
        #expect(try first.scalars(as: Double.self) == [7])
        #expect(try second.scalars(as: Double.self) == [1, -2, 3])
    }

    @Test func hybridFunctionsNest() throws {
        let inner = hybridize { (x: NDArray) in x * 3 }
        let outer = hybridize { (x: NDArray) in inner(x) + inner(x + 1) }
        #expect(try outer(x).scalars(as: Double.self) == [9, -9, 21])
        #expect(inner.traceCount == 0)
    }

    @Test func customFunctionsAreTraced() throws {
        let weight = Parameter(x)
        let fast = hybridize { (input: NDArray) -> NDArray in
            let factor = input * 2
            return Autograd.custom([weight.wrappedValue]) {
                [$0[0] * factor]
            } backward: {
                _, _, cotangents in
                [cotangents[0] * 100]
            }[0]
        }
        Autograd.record { fast(x).sum() }.backward()
        #expect(try weight.gradient!.scalars(as: Double.self) == [100, 100, 100])
    }
}
