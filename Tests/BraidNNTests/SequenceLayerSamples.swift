import Braid

/// The rows of layers of sequences.
extension LayerSample {
    private static let sequences: [Shape] = [[2, 5, 8], [1, 3, 8]]

    static let sequenceLayers: [LayerSample] = [
        LayerSample("Embedding", [[3, 4], [2, 2, 5]]) {
            OfNumbers(Embedding(6, width: 3))
        },
        LayerSample("MultiHeadAttention", sequences) { MultiHeadAttention(8, heads: 2) },
        LayerSample("MultiHeadAttention", variant: "all options", sequences) {
            MultiHeadAttention(8, heads: 4, isCausal: true, dropout: 0.3, usesBias: false)
        },
    ]
}

/// A block of indices as one of numbers, which are added to its result.
private struct OfNumbers<Wrapped: Block<NDArray, NDArray>>: Block {
    let wrapped: Wrapped
    init(_ wrapped: Wrapped) { self.wrapped = wrapped }
    func forward(_ x: NDArray) -> NDArray {
        wrapped.forward((x * 4).abs().cast(to: .u8)) + x.expandingDimension(at: -1)
    }
}
