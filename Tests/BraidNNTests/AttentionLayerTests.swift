import Braid
import BraidTestSupport
import Testing

struct AttentionLayerTests {
    @Test func embeddingsLookRowsUp() throws {
        let layer = Embedding(4, width: 2)
        layer.$weight.wrappedValue = NDArray.range(count: 8).reshaped(to: [4, 2])
        for dtype in DType.allCases where dtype.isInteger {
            let indices = NDArray([Int64(2), 0, 3, 2], shape: [2, 2]).cast(to: dtype)
            #expect(try layer(indices).scalars(as: Float.self) == [4, 5, 0, 1, 6, 7, 4, 5])
            #expect(layer(indices).shape == [2, 2, 2])
        }
        let error = #expect(throws: ArrayError.self) { try validating { layer(.ones([2])) } }
        #expect(error?.description.contains("f32[2]") == true)
    }

    /// The gradient is a sum in the order of the indices: the same bits for any number of threads.
    @Test func embeddingGradientsAreSums() throws {
        let indices = (0..<40_000).map { Int64($0 * 7919 % 5) }
        let (places, seed) = (NDArray(indices), NDArray.uniform([40_000, 8], from: 0, to: 1))
        var expected = [Float](repeating: 0, count: 40)
        for (row, values) in try seed.scalars(as: Float.self).enumerated() {
            expected[Int(indices[row / 8]) * 8 + row % 8] += values
        }
        for threads in [1, 2, 4] {
            Runtime.use(Engine(.threaded(threads: threads)))
            let layer = Embedding(5, width: 8)
            Autograd.record { layer(places) }.backward(seed: seed)
            #expect(try layer.$weight.gradient!.scalars(as: Float.self) == expected)
        }
        Runtime.use(Engine())
    }

    @Test func rolesTakenApartGiveTheSameAttention() throws {
        let layer = MultiHeadAttention(8, heads: 2)
        layer.inputs.bias!.wrappedValue = .normal([24])
        let x = NDArray.normal([2, 5, 8])
        let whole = try layer(x).scalars(as: Float.self)
        #expect(try layer.attended(from: x, to: x).scalars(as: Float.self) == whole)
        #expect(try layer.attended(from: x, to: x, values: x).scalars(as: Float.self) == whole)
        let y = NDArray.normal([2, 3, 8])
        #expect(layer.attended(from: x, to: y).shape == [2, 5, 8])
        #expect(
            layer.parameters.map(\.name) == [
                "inputs.weight", "inputs.bias", "output.weight", "output.bias",
            ])
    }

    /// What a mask hides does not matter, nor what comes later when the layer is causal.
    @Test func hiddenPositionsDoNotMatter() throws {
        let (layer, causal) = (
            MultiHeadAttention(8, heads: 2), MultiHeadAttention(8, heads: 2, isCausal: true)
        )
        let x = NDArray.normal([2, 5, 8])
        let changed = concatenated([x[0..., ..<3], NDArray.normal([2, 2, 8])], axis: 1)
        let mask = NDArray.range(count: 5) .< 3
        func seen(_ y: NDArray) throws -> [Float] { try y[0..., ..<3].scalars(as: Float.self) }
        #expect(
            try seen(layer.attended(x, mask: mask)) == seen(layer.attended(changed, mask: mask)))
        #expect(try seen(layer(x)) != seen(layer(changed)))
        #expect(try seen(causal(x)) == seen(causal(changed)))
    }

    @Test func mistakesNameTheLayer() {
        let calls: [@Sendable () -> NDArray] = [
            { MultiHeadAttention(8, heads: 2)(.ones([2, 8])) },
            {
                MultiHeadAttention(8, heads: 2).attended(
                    from: .ones([1, 2, 8]), to: .ones([2, 8]))
            },
        ]
        for call in calls {
            let error = #expect(throws: ArrayError.self) { try validating(call) }
            for part in ["multi_head_attention", "[2, 8]", "[batch, length, 8]"] {
                #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
            }
        }
    }
}
