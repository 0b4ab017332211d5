import Braid
import BraidTestSupport
import CAllocationCounter
import Testing

/// How many blocks eager operators ask the system for. Counts are exact, unlike times.
@Suite(.serialized, .enabled(if: braid_counts_allocations()))
struct AllocationTests {
    private let a = NDArray([Float](repeating: 1, count: 10))
    private let b = NDArray([Float](repeating: 2, count: 10))
    private let matrix = NDArray([Float](repeating: 1, count: 20), shape: [2, 10])

    /// Blocks asked for per call, over a hundred calls in the steady state.
    private func allocations(_ body: () -> Void) -> Double {
        for _ in 0..<3 { body() }
        let before = braid_allocation_count()
        for _ in 0..<100 { body() }
        return Double(braid_allocation_count() - before) / 100
    }

    @Test func theCounterCounts() {
        #expect(allocations { _ = Array(repeating: a, count: 2) } == 1)
        let block = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 64)
        defer { block.deallocate() }
        #expect(
            allocations { _ = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 64) } == 1)
    }

    // The result is a body and a storage; its elements come from the pool.
    @Test func operatorsMakeTwoObjects() {
        #expect(allocations { _ = a + b } == 2)
        #expect(allocations { _ = a.relu() } == 2)
        #expect(allocations { _ = a * 2 } == 2)
        #expect(allocations { _ = 1 - a } == 2)
        #expect(allocations { _ = maximum(a, b) } == 2)
        #expect(allocations { _ = matrix + b } == 2)
        #expect(allocations { _ = a .> b } == 2)
    }

    // What the tape and the graph keep of an operator, and now and then a longer list for all of them.
    @Test func recordedAndTracedOperatorsMakeFew() throws {
        let parameter = Parameter(a)
        let recorded = Autograd.record {
            let x = parameter.wrappedValue
            return allocations { _ = x + b }
        }
        #expect(recorded <= 3, "\(recorded)")
        var traced = 0.0
        _ = try Model(
            tracing: { (x: NDArray) in
                traced = allocations { _ = x + b }
                return x + b
            }, for: [TensorType(.f32, [10])])
        #expect(traced <= 10, "\(traced)")
    }

    // The view's body; the axes' order is an array besides.
    @Test func viewsCopyNoElements() {
        #expect(allocations { _ = matrix.transposed() } == 1)
    }

    @Test func copiesMakeNone() {
        var copy = a
        #expect(allocations { copy = b } == 0)
        #expect(copy.shape == b.shape)
    }

    @Test func operatorsInPlaceMakeNone() {
        var x = NDArray([Float](repeating: 1, count: 10))
        #expect(allocations { x += b } == 0)
        #expect(allocations { x *= 2 } == 0)
        let weight = Parameter(a)
        // The frame of the accessor, which is a coroutine.
        #expect(allocations { weight.update { $0 -= b } } == 1)
    }

    /// One training step of a small network; everything in it runs inline, on this thread.
    private func makeStep() -> () -> Void {
        let network = Sequential {
            Dense(8, inputs: 10, activation: .relu)
            Dense(2, inputs: 8)
        }
        let trainer = Trainer(network.parameters, .adam(learningRate: 1e-3))
        let labels = NDArray([Int64(0), 1])
        let matrix = matrix
        return {
            let loss = Autograd.record { softmaxCrossEntropy(network.forward(matrix), labels) }
            loss.backward()
            trainer.step(batchSize: 2)
        }
    }

    /// A chain that fusion makes a few programs of, and that passes leave as it is.
    private func chain(_ length: Int, passes: Bool) -> () -> Void {
        let options = HybridOptions(
            optimization: OptimizationOptions(
                disabling: passes ? [] : Set(OptimizationPipeline.passNames)))
        let a = a
        let function = hybridize(options: options) { (x: NDArray) -> NDArray in
            var x = x
            for index in 0..<length { x = index.isMultiple(of: 2) ? x * 0.5 : x.tanh() }
            return x
        }
        return { _ = function(a) }
    }

    @Test func hybridCallsAllocateAsMuchForGraphsOfAnySize() {
        for passes in [true, false] {
            let counts = [10, 100, 1000].map { allocations(chain($0, passes: passes)) }
            #expect(counts[1] == counts[0] && counts[2] == counts[0])
        }
    }

    /// A hybridized training step of a network of so many layers.
    private func hybridStep(
        layers: Int, width: Int, _ optimizer: Optimizer, _ mode: Parameter.GradientMode
    ) -> () -> Void {
        let network = Sequential {
            for _ in 0..<layers { Dense(width, inputs: width, activation: .relu) }
            Dense(2, inputs: width)
        }
        for element in network.parameters { element.parameter.gradientMode = mode }
        let trainer = Trainer(network.parameters, optimizer)
        let step: @Sendable (NDArray, NDArray) -> (NDArray, NDArray) = { x, labels in
            let loss = Autograd.record { softmaxCrossEntropy(network.forward(x), labels) }
            loss.backward()
            trainer.step(batchSize: 2)
            return (loss, loss)
        }
        let hybrid = hybridize(step)
        let (x, labels) = (NDArray.ones([2, width]), NDArray([Int64(0), 1]))
        return { _ = hybrid(x, labels) }
    }

    @Test(arguments: [Parameter.GradientMode.write, .add])
    func hybridStepsAllocateAsMuchForNetworksOfAnySize(_ mode: Parameter.GradientMode) throws {
        for optimizer in [Optimizer.sgd(learningRate: 0.1, momentum: 0.9), .adam()] {
            let counts = [2, 20].map {
                allocations(hybridStep(layers: $0, width: 4, optimizer, mode))
            }
            #expect(counts[0] == counts[1])
        }
    }

    @Test func trainingStepsAskForAsMuchEachTime() {
        let step = makeStep()
        func steps(_ count: Int) -> Int64 {
            let before = braid_allocation_count()
            for _ in 0..<count { step() }
            return braid_allocation_count() - before
        }
        _ = steps(10)
        let ten = steps(10)
        #expect(steps(20) == 2 * ten)
    }

    @Test func trainingStepsLeaveNothingBehind() throws {
        let step = makeStep()
        func liveAfter(_ count: Int) throws -> Int64 {
            for _ in 0..<count { step() }
            // What other tests made fail is theirs.
            try? Runtime.waitAll()
            return braid_live_allocation_count()
        }
        let base = try liveAfter(20)
        let after = try liveAfter(200)
        // Other threads, the test library's among them, may hold some more; not one per step.
        #expect(after - base < 100)
    }
}
