import Braid
import BraidTestSupport
import Foundation
import Testing

/// Deep graphs, tapes and calls: they work, or are refused with a message.
struct DepthTests {
    private static let depth = 100_000

    @Test func symbolsAreBuiltDifferentiatedAndDropped() throws {
        let x = Symbol.variable("x", .f32, [2])
        var y = x
        for _ in 0..<Self.depth { y = y + x }
        let graph = try Graph(outputs: [y])
        #expect(graph.nodes.count == Self.depth + 1)
        let slope = gradient(of: y, at: x)
        y = x
        #expect(try Graph(outputs: [slope]).nodes.count >= 1)
    }

    @Test func deepGraphsCompile() throws {
        let x = Symbol.variable("x", .f32, [2])
        var y = x
        for index in 0..<20_000 { y = index % 2 == 0 ? y + x : y - x }
        let compiled = try Graph(outputs: [y]).compiled()
        #expect(try compiled([vector(1, 2)])[0].scalars(as: Float.self) == [1, 2])
    }

    @Test func deepRecordsAreWalkedAndDropped() throws {
        let parameter = Parameter(NDArray([1, 2] as [Float]))
        var y = Autograd.record {
            var y = parameter.wrappedValue
            for _ in 0..<Self.depth { y = y * 1 }
            return y
        }
        y.backward()
        #expect(try parameter.gradient?.scalars(as: Float.self) == [1, 1])
        // Without a backward pass.
        y = Autograd.record {
            var y = parameter.wrappedValue
            for _ in 0..<Self.depth { y = y * 1 }
            return y
        }
        y = .zeros([2])
    }

    @Test func customFunctionsInARowAreDropped() throws {
        let fast = HybridFunction { (x: NDArray) -> NDArray in
            var y = x
            for _ in 0..<20_000 {
                let before = y
                y =
                    Autograd.custom([y]) {
                        [$0[0] + 0]
                    } backward: { _, _, dy in
                        [dy[0] + before * 0]
                    }[0]
            }
            return y
        }
        #expect(try fast(vector(1, 2)).scalars(as: Float.self) == [1, 2])
    }

    // The thread sanitizer keeps a history of calls that so deep a recursion overruns: it stops in itself.
    @Test(.disabled(if: TestCounts.isLight)) func endlessRecursionInATraceIsTold() throws {
        let function = LockedBox<HybridFunction<NDArray, NDArray>?>(nil)
        let fast = HybridFunction { (x: NDArray) -> NDArray in function.value!(x + 1) }
        function.value = fast
        let error = #expect(throws: ArrayError.self) { try validating { fast(vector(1, 2)) } }
        #expect(error?.description.contains("stack") == true)
        function.value = nil
    }

    @Test(.disabled(if: TestCounts.isLight), arguments: [256 << 10, 1 << 20, 8 << 20])
    func endlessRecursionIsToldOnSmallStacksToo(_ byteCount: Int) {
        let function = LockedBox<HybridFunction<NDArray, NDArray>?>(nil)
        let fast = HybridFunction { (x: NDArray) -> NDArray in function.value!(x + 1) }
        function.value = fast
        let isTold = LockedBox(false)
        parallel(1, stackByteCount: byteCount + (512 << 10)) { _ in
            do { _ = try validating { fast(vector(1, 2)) } } catch {
                isTold.value = error is ArrayError
            }
        }
        #expect(isTold.value)
        function.value = nil
    }
}

/// Work that grows with a graph grows with its size, and not with the square of that.
///
/// Runs alone: it measures times.
@Suite(.serialized) struct GrowthTests {
    /// Layers of a network that is recorded inside a hybridized function.
    private static func layers(_ count: Int) -> [Parameter] {
        (0..<count).map { Parameter(NDArray([Float($0 % 3), 1])) }
    }

    /// A recorded call of a traced function.
    @Test func recordedTraces() throws {
        try expectLinearGrowth(from: 400) { count in
            let layers = Self.layers(count)
            let fast = HybridFunction { (x: NDArray) -> NDArray in
                layers.reduce(x) { ($0 * $1.wrappedValue).tanh() }
            }
            return { Autograd.record { fast(vector(1, 2)).sum() }.backward() }
        }
    }

    /// A training step as one graph.
    @Test func tracedTraining() throws {
        try expectLinearGrowth(from: 400) { count in
            let layers = Self.layers(count)
            let fast = HybridFunction { (x: NDArray) -> NDArray in
                let loss = Autograd.record {
                    layers.reduce(x) { ($0 * $1.wrappedValue).tanh() }.sum()
                }
                loss.backward()
                for layer in layers { layer.update { $0 -= layer.gradient! * 0.1 } }
                return loss
            }
            return { _ = fast(vector(1, 2)) }
        }
    }

    @Test func gradientsAtManyParameters() throws {
        try expectLinearGrowth(from: 400) { count in
            let layers = Self.layers(count)
            let loss = Autograd.record {
                layers.reduce(NDArray([1, 2] as [Float])) { $0 + $1.wrappedValue }
            }
            return { _ = loss.gradients(at: layers, retaining: true) }
        }
    }

    /// One node of many operands, each of which something else reads, too.
    @Test func nodesOfManyOperands() throws {
        try expectLinearGrowth(from: 1_000) { count in
            let x = Symbol.variable("x", .f32, [4])
            let parts = (0..<count).map {
                ($0 % 2 == 0 ? x.exp() : x.tanh()).reshaped(to: [4, 1]).softmax(axis: 0)
                    + Double($0)
            }
            let joined = concatenated(parts, axis: 0)
            let sums = parts.map { $0.sum() }
            let graph = try Graph(outputs: [joined] + sums)
            return { _ = graph.compiled() }
        }
    }

    /// Random keys, dense copies and in-place updates by the thousand.
    @Test func keysCopiesAndUpdates() throws {
        try expectLinearGrowth(from: 400) { count in
            let x = Symbol.variable("x", .f32, [count, 4, 4])
            let slices = (0..<count).map { x[$0].transposed().softmax(axis: 0).sum() }
            let graph = try Graph(outputs: slices)
            return { _ = graph.compiled() }
        }
        try expectLinearGrowth(from: 400) { count in
            let layers = Self.layers(count)
            let fast = HybridFunction { (x: NDArray) -> NDArray in
                for layer in layers { layer.update { $0 += x } }
                return x
            }
            return { _ = fast(vector(1, 2)) }
        }
    }
}
