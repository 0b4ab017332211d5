import Braid
import BraidTestSupport
import Foundation
import Testing

/// Layers at equal elements, among them zeros of both signs, at ties, infinities and NaN, of no samples and of
/// one: values, first and second derivatives.
struct LayerEdgeTests {
    /// The result, the gradient of its sum with the weights 1, 2, …, and the gradient of that one's sum with
    /// the same weights.
    private func derivatives(
        of block: @escaping (NDArray) -> NDArray, at x: NDArray
    ) throws -> [[Double]] {
        func weighted(_ y: NDArray) -> NDArray {
            let weights = NDArray.range(from: 1, count: y.count, dtype: y.dtype)
            return (y * weights.reshaped(to: y.shape.extents)).sum()
        }
        func slope(_ x: NDArray) -> NDArray { gradient(at: x) { weighted(block($0)) } }
        return try [block(x), slope(x), gradient(at: x) { weighted(slope($0)) }].map {
            try $0.cast(to: .f64).scalars(as: Double.self)
        }
    }

    private func isNear(_ a: Double, _ b: Double) -> Bool {
        if a.isNaN || b.isNaN { return a.isNaN && b.isNaN }
        return a == b || abs(a - b) <= 1e-11 * max(1, abs(b))
    }

    @Test(arguments: LayerEdge.all) func valuesAndDerivatives(_ edge: LayerEdge) throws {
        let block = edge.make()
        let x = NDArray(edge.x, shape: edge.shape)
        let (eager, hybrid) = try withMode(edge.mode) {
            RandomSource.seed(3)
            let eager = try derivatives(of: { block.forward($0) }, at: x)
            RandomSource.seed(3)
            let fast = hybridize { block.forward($0) }
            return (eager, try derivatives(of: { fast($0) }, at: x))
        }
        for (index, what) in ["value", "slope", "curvature"].enumerated() {
            let expected = [edge.value, edge.slope, edge.curvature][index]
            let found = eager[index]
            let isEqual = found.count == expected.count && zip(found, expected).allSatisfy(isNear)
            #expect(isEqual, "the \(what) is \(found), not \(expected)")
            #expect(
                zip(found, hybrid[index]).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) },
                "hybridized the \(what) is \(hybrid[index]), not \(found)")
        }
    }

    /// Layers whose edges are those of functions or of the layers that they are made of.
    private static let others: [String: String] = [
        "Activation": "functions: EdgeTests",
        "MultiHeadAttention": "nowhereToLook", "TransformerEncoderLayer": "of other layers",
        "Embedding": "ofNumbersOnly", "TransformerLanguageModel": "of other layers",
        "Sequential": "of other layers", "Branches": "of other layers",
        "HybridBlock": "of other layers", "AnyBlock": "of other layers", "Lambda": "anything",
        "ResidualBlock": "of other layers", "BottleneckBlock": "of other layers",
        "InvertedResidual": "of other layers", "NormalizedConvolution": "of other layers",
        "SequentialCell": "of other cells", "DropoutCell": "Dropout",
        "ResidualCell": "of other cells", "ZoneoutCell": "of other cells",
        "Bidirectional": "of other cells",
    ]

    @Test func everyLayerHasARow() throws {
        let rows = Set(LayerEdge.all.map(\.type))
        let declared = try LayerSample.declaredBlocks()
        let missing = declared.subtracting(rows).subtracting(Self.others.keys)
        #expect(missing == [], "layers without a row in LayerEdge.all")
        #expect(Set(Self.others.keys).isSubset(of: declared))
    }

    /// Slopes are learnt from what is below 0 only; an infinite element above takes no part.
    @Test func slopesOfPReLUAreLearntFromNegativeElements() throws {
        for (x, expected) in [
            ([.infinity, -2, 3, -0.5], -2.5), ([.infinity, 0, -0.0, 1], 0),
            ([.nan, 1, 1, 1], .nan), ([-.infinity, 1, 1, 1], -.infinity), ([], 0),
        ] as [([Double], Double)] {
            let layer = PReLU(dtype: .f64)
            Autograd.record { layer(NDArray(x)).sum() }.backward()
            let found = try layer.$slope.gradient!.scalar(as: Double.self)
            #expect(found == expected || (found.isNaN && expected.isNaN), "\(x): \(found)")
        }
        for x in [-2, 2, 0] as [Double] {
            let layer = PReLU(dtype: .f64)
            let y = Autograd.record { layer(NDArray(x)) }
            #expect(y.shape == [])
            y.backward()
            #expect(try layer.$slope.gradient!.scalars(as: Double.self) == [Swift.min(x, 0)])
        }
    }

    /// A query that may look nowhere takes nothing, and what stands there gets no slope from it.
    @Test func nowhereToLook() throws {
        let layer = MultiHeadAttention(
            2, heads: 1, initializer: .constant(1), dtype: .f64)
        for x in [[1, 2, 3, 4], [0, 0, 0, 0], [5, 5, 5, 5]] as [[Double]] {
            for mask in [
                NDArray([false, false, true, true], shape: [2, 2]),
                NDArray([-Double.infinity, -.infinity, 0, 0], shape: [2, 2]),
            ] {
                let found = try derivatives(
                    of: { layer.attended($0, mask: mask)[0..., 0] },
                    at: NDArray(x, shape: [1, 2, 2]))
                #expect(found[0] == [0, 0] && found[1] == [0, 0, 0, 0], "\(found)")
                #expect(found[2] == [0, 0, 0, 0])
                // The other query looks everywhere, as it does without a mask.
                let seen = try derivatives(
                    of: { layer.attended($0, mask: mask)[0..., 1] },
                    at: NDArray(x, shape: [1, 2, 2]))
                let all = try derivatives(
                    of: { layer($0)[0..., 1] }, at: NDArray(x, shape: [1, 2, 2]))
                #expect(zip(seen.joined(), all.joined()).allSatisfy { isNear($0, $1) })
            }
        }
        // Equal positions share alike: the values' own sum, w.
        let equal = try layer(NDArray([5, 5, 5, 5] as [Double], shape: [1, 2, 2]))
            .scalars(as: Double.self)
        #expect(equal == [20, 20, 20, 20])
        #expect(layer(.zeros([0, 2, 2], dtype: .f64)).shape == [0, 2, 2])
        let single = try layer(NDArray([1, 2] as [Double], shape: [1, 1, 2]))
            .scalars(as: Double.self)
        #expect(single == [6, 6])
        let lost = try layer(NDArray([.nan, 1, 2, 3] as [Double], shape: [1, 2, 2]))
            .scalars(as: Double.self)
        #expect(lost.allSatisfy { $0.isNaN })
    }

    /// A row that is not looked up takes no part, whatever it holds; one that is looked up twice counts twice.
    @Test func ofNumbersOnly() throws {
        let layer = Embedding(3, width: 2, dtype: .f64)
        layer.$weight.wrappedValue = NDArray(
            [.infinity, .nan, 1, -.infinity, 3, 4] as [Double], shape: [3, 2])
        func found(_ indices: [Int64]) throws -> ([Double], [Double], Shape) {
            layer.$weight.gradient = nil
            let y = Autograd.record { layer(NDArray(indices)) }
            y.backward(seed: .range(from: 1, count: y.count, dtype: .f64).reshaped(to: [-1, 2]))
            return (
                try y.scalars(as: Double.self),
                try layer.$weight.gradient!.scalars(as: Double.self), y.shape
            )
        }
        let (rows, gradient, _) = try found([2, 1, 2])
        #expect(rows == [3, 4, 1, -.infinity, 3, 4])
        #expect(gradient == [0, 0, 3, 4, 6, 8])
        let (none, zero, shape) = try found([])
        #expect(none == [] && zero == [0, 0, 0, 0, 0, 0] && shape == [0, 2])
    }

    /// In training an infinite element is there, or NaN when it is dropped, as in PyTorch; the slope is that of
    /// the factor.
    @Test func droppedElementsAreMultiplied() throws {
        RandomSource.seed(5)
        let layer = Dropout(0.5)
        try withMode(.train) {
            let x = NDArray.full([64], .infinity, dtype: .f64)
            var value: [Double] = []
            let slope = gradient(at: x) { x in
                let y = layer(x)
                value = (try? y.detached().scalars(as: Double.self)) ?? []
                return y.sum()
            }
            let factors = try slope.scalars(as: Double.self)
            #expect(Set(factors) == [0, 2])
            for (y, factor) in zip(value, factors) {
                #expect(factor == 0 ? y.isNaN : y == .infinity)
            }
        }
    }

    @Test(arguments: LayerSample.all) func equalElementsHaveSlopes(_ sample: LayerSample) throws {
        RandomSource.seed(11)
        let block = sample.make()
        for (shape, number) in zip(sample.shapes + sample.shapes, [0, -0.0, 1, 6] as [Double]) {
            let x = NDArray.full(shape, number)
            for mode in [Mode.train, .predict] {
                let found = try withMode(mode) {
                    RandomSource.seed(3)
                    return try derivatives(of: { block.forward($0) }, at: x)
                }
                for (what, numbers) in zip(["value", "slope", "curvature"], found) {
                    #expect(
                        numbers.allSatisfy { $0.isFinite },
                        "\(what) at \(number) in \(mode): \(numbers)")
                }
            }
        }
    }

    @Test(arguments: LayerSample.all) func notANumberGoesThrough(_ sample: LayerSample) throws {
        RandomSource.seed(12)
        let block = sample.make()
        let found = try block.forward(.full(sample.shapes[0], .nan)).scalars(as: Float.self)
        #expect(found.contains { $0.isNaN })
    }
}
