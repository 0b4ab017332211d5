import Braid
import BraidTestSupport
import Testing

struct AutogradTests {
    private let x = NDArray([1, -2, 3] as [Double])

    @Test func writeReplacesAddAddsNoneSkips() throws {
        let weight = Parameter(x)
        func run() { Autograd.record { (weight.wrappedValue * 2).sum() }.backward() }
        run()
        run()
        #expect(try weight.gradient!.scalars(as: Double.self) == [2, 2, 2])
        weight.gradientMode = .add
        run()
        run()
        #expect(try weight.gradient!.scalars(as: Double.self) == [6, 6, 6])
        weight.gradientMode = .none
        run()
        #expect(try weight.gradient!.scalars(as: Double.self) == [6, 6, 6])
    }

    @Test func aValueUsedManyTimesSumsItsCotangents() throws {
        let weight = Parameter(x)
        let loss = Autograd.record {
            let w = weight.wrappedValue
            return (w + w + w + w + w + w + w + w).sum()
        }
        loss.backward()
        #expect(try weight.gradient!.scalars(as: Double.self) == [8, 8, 8])
    }

    @Test func unusedParametersGetZeros() throws {
        let (used, unused) = (Parameter(x), Parameter(x))
        let loss = Autograd.record {
            _ = unused.wrappedValue * 2
            return used.wrappedValue.sum()
        }
        loss.backward()
        #expect(try unused.gradient!.scalars(as: Double.self) == [0, 0, 0])
    }

    @Test func detachedAndPausedPartsAreConstants() throws {
        let weight = Parameter(x)
        let loss = Autograd.record {
            let w = weight.wrappedValue
            let factor = Autograd.pause { weight.wrappedValue * 10 }
            return (w * factor + w * w.detached()).sum()
        }
        loss.backward()
        #expect(try weight.gradient!.scalars(as: Double.self) == [11, -22, 33])
    }

    @Test func retainedRecordsRunTwiceOthersSayWhy() throws {
        let weight = Parameter(x)
        let loss = Autograd.record { weight.wrappedValue.square().sum() }
        loss.backward(retaining: true)
        loss.backward()
        #expect(try weight.gradient!.scalars(as: Double.self) == [2, -4, 6])
        let error = #expect(throws: ArrayError.self) { try validating { loss.backward() } }
        #expect(error?.description.contains("retaining: true") == true)
        let plain = #expect(throws: ArrayError.self) { try validating { x.backward() } }
        #expect(plain?.description.contains("Autograd.record") == true)
    }

    @Test func twoForwardsBeforeOneBackward() throws {
        let weight = Parameter(x)
        let loss = Autograd.record {
            let a = weight.wrappedValue.square()
            let b = weight.wrappedValue * 3
            return (a + b).sum()
        }
        loss.backward()
        #expect(try weight.gradient!.scalars(as: Double.self) == [5, -1, 9])
    }

    @Test func seedsWeighTheOutputs() throws {
        let weight = Parameter(x)
        let y = Autograd.record { weight.wrappedValue.square() }
        y.backward(seed: NDArray([1, 10, 100] as [Double]))
        #expect(try weight.gradient!.scalars(as: Double.self) == [2, -40, 600])
    }

    @Test func functionalGradientsNestToAnyOrder() throws {
        func cube(_ v: NDArray) -> NDArray { (v * v * v).sum() }
        #expect(try gradient(at: x, of: cube).scalars(as: Double.self) == [3, 12, 27])
        let second = gradient(at: x) { gradient(at: $0, of: cube) }
        #expect(try second.scalars(as: Double.self) == [6, -12, 18])
        let third = gradient(at: x) { v in gradient(at: v) { gradient(at: $0, of: cube) } }
        #expect(try third.scalars(as: Double.self) == [6, 6, 6])
        let constant = gradient(at: x) { _ in x.sum() }
        #expect(try constant.scalars(as: Double.self) == [0, 0, 0])
    }

    @Test func anotherUseOfTheSameArrayIsAConstant() throws {
        let mixed = gradient(at: x) { (x * $0).sum() }
        #expect(try mixed.scalars(as: Double.self) == [1, -2, 3])
    }

    @Test func aGradientInsideARecordIsRecorded() throws {
        let weight = Parameter(x)
        let loss = Autograd.record {
            let w = weight.wrappedValue
            return gradient(at: w) { ($0 * $0 * $0).sum() }.sum()  // Σ 3 w²
        }
        loss.backward()
        #expect(try weight.gradient!.scalars(as: Double.self) == [6, -12, 18])
    }

    @Test func severalInputs() throws {
        let y = NDArray([4, 5, 6] as [Double])
        let (value, gradients) = valueWithGradient(at: [x, y]) { ($0[0] * $0[1] * $0[1]).sum() }
        #expect(try value.scalar(as: Double.self) == 16 - 50 + 108)
        #expect(try gradients[0].scalars(as: Double.self) == [16, 25, 36])
        #expect(try gradients[1].scalars(as: Double.self) == [8, -20, 36])
    }

    @Test func customFunctionsCarryTheirOwnGradient() throws {
        func clamped(_ v: NDArray) -> NDArray {
            Autograd.custom([v]) {
                [maximum($0[0], .zeros([3], dtype: .f64))]
            } backward: {
                inputs, _, cotangents in
                [cotangents[0] * inputs[0] * 7]
            }[0]
        }
        let first = gradient(at: x) { (clamped($0) * $0).sum() }
        // clamped(v) + v * 7 v
        #expect(try first.scalars(as: Double.self) == [8, 28, 66])
        // Derivative of Σ (clamped(v) + 7 v²): 7 v + 14 v.
        let second = gradient(at: x) { v in gradient(at: v) { (clamped($0) * $0).sum() } }
        #expect(try second.scalars(as: Double.self) == [21, -42, 63])
    }

    @Test func customFunctionsMayCaptureArrays() throws {
        let factor = NDArray([2, 3, 4] as [Double])
        let weight = Parameter(x)
        let loss = Autograd.record {
            Autograd.custom([weight.wrappedValue]) {
                [$0[0] * factor]
            } backward: {
                _, _, cotangents in
                [cotangents[0] * factor * 100]
            }[0].sum()
        }
        loss.backward()
        #expect(try weight.gradient!.scalars(as: Double.self) == [200, 300, 400])
    }

    @Test func valuesThatNoGradientReadsAreNotKept() throws {
        let weight = Parameter(NDArray.ones([1 << 18]))
        weight.wrappedValue += 0
        try Runtime.waitAll()
        let base = MemoryPool.liveByteCount
        let loss = Autograd.record { () -> NDArray in
            var y = weight.wrappedValue
            for _ in 0..<20 { y = y + 1 }
            return y.sum()
        }
        try Runtime.waitAll()
        // Sums need no forward value: of twenty megabyte arrays none may be left.
        #expect(MemoryPool.liveByteCount - base < 3 << 20)
        loss.backward()
    }

    @Test func recordingInChildTasksAndOnManyThreads() async throws {
        await withTaskGroup(of: Void.self) { group in
            for factor in 1...8 {
                group.addTask {
                    for _ in 0..<50 {
                        let weight = Parameter(NDArray([1, 2] as [Double]))
                        let loss = Autograd.record {
                            (weight.wrappedValue.square() * Double(factor)).sum()
                        }
                        loss.backward()
                        let gradient = try? weight.gradient!.scalars(as: Double.self)
                        #expect(gradient == [2 * Double(factor), 4 * Double(factor)])
                    }
                }
            }
        }
        let weight = Parameter(NDArray([3] as [Double]))
        let loss = await Autograd.record {
            async let a = weight.wrappedValue.square()
            async let b = weight.wrappedValue * 5
            return await (a + b).sum()
        }
        loss.backward()
        #expect(try weight.gradient!.scalar(as: Double.self) == 11)
    }

    @Test func deepRecordsNeedNoDeepStack() throws {
        let weight = Parameter(NDArray([1] as [Double]))
        let loss = Autograd.record { () -> NDArray in
            var y = weight.wrappedValue
            for _ in 0..<50_000 { y = y * 1 }
            return y
        }
        loss.backward()
        #expect(try weight.gradient!.scalar(as: Double.self) == 1)
    }

    /// Each use counts, of whatever value of the parameter.
    @Test(arguments: [Parameter.GradientMode.write, .add])
    func parametersThatChangeWhileTheyAreRecorded(_ mode: Parameter.GradientMode) throws {
        @Sendable func loss(_ weight: Parameter) -> NDArray {
            Autograd.record {
                let first = weight.wrappedValue * 2
                Autograd.pause { weight.wrappedValue = NDArray([5] as [Double]) }
                return first + weight.wrappedValue * 10
            }
        }
        for isHybrid in [false, true] {
            let weight = Parameter(NDArray([3] as [Double]))
            weight.gradientMode = mode
            let step: @Sendable (NDArray) -> NDArray = { x in
                let loss = loss(weight)
                loss.backward()
                return loss
            }
            _ = isHybrid ? hybridize(step)(x) : step(x)
            #expect(try weight.gradient!.scalar(as: Double.self) == 12)
            let found = loss(weight).gradients(at: [weight])[0]
            #expect(try found.scalar(as: Double.self) == 12)
        }
    }
}
