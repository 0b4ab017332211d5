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
        LayerSample("TransformerEncoderLayer", sequences) {
            TransformerEncoderLayer(8, heads: 2)
        },
        LayerSample("TransformerEncoderLayer", variant: "all options", sequences) {
            TransformerEncoderLayer(8, heads: 4, hidden: 6, isCausal: true, dropout: 0.3)
        },
        LayerSample("TransformerLanguageModel", [[2, 4], [1, 3]]) {
            OfNumbers(Models.gpt(vocabulary: 7, width: 8, heads: 2, layers: 2, length: 4))
        },
    ]

    static let recurrentLayers: [LayerSample] = [
        LayerSample("RNN", sequences) { RNN(3) },
        LayerSample("RNN", variant: "all options", sequences) {
            RNN(
                3, activation: .relu, layers: 2, isBidirectional: true, dropout: 0.3,
                isBatchFirst: true, usesBias: false)
        },
        LayerSample("LSTM", sequences) { LSTM(5) },
        LayerSample("LSTM", variant: "all options", sequences) {
            LSTM(
                3, layers: 2, isBidirectional: true, dropout: 0.3, isBatchFirst: true,
                usesBias: false)
        },
        LayerSample("LSTM", variant: "lengths", sequences) { WithLengths() },
        LayerSample("GRU", sequences) { GRU(5) },
        LayerSample("GRU", variant: "all options", sequences) {
            GRU(3, layers: 2, isBidirectional: true, dropout: 0.3, isBatchFirst: true)
        },
        LayerSample("RNNCell", sequences) { Unrolled(RNNCell(4)) },
        LayerSample("LSTMCell", sequences) { Unrolled(LSTMCell(4)) },
        LayerSample("GRUCell", sequences) { Unrolled(GRUCell(4, usesBias: false)) },
        LayerSample("SequentialCell", sequences) {
            Unrolled(SequentialCell([LSTMCell(4), DropoutCell(0.3), GRUCell(3)]))
        },
        LayerSample("DropoutCell", sequences) { Unrolled(DropoutCell(0.4)) },
        LayerSample("ResidualCell", sequences) { Unrolled(ResidualCell(GRUCell(8))) },
        LayerSample("ZoneoutCell", sequences) { Unrolled(ZoneoutCell(LSTMCell(4), 0.3)) },
        LayerSample("Bidirectional", sequences) { Bidirectional(LSTMCell(3), GRUCell(4)) },
    ]
}

/// A cell over a whole sequence.
private struct Unrolled<Cell: RecurrentCell>: Block {
    let cell: Cell
    init(_ cell: Cell) { self.cell = cell }
    func forward(_ x: NDArray) -> NDArray { cell.unrolled(x).output }
}

/// A layer whose sequences have fewer steps than there are.
private struct WithLengths: Block {
    let layer = LSTM(3, isBidirectional: true)
    func forward(_ x: NDArray) -> NDArray {
        // From 0 on; as long as there are steps.
        let lengths = minimum(
            NDArray.range(count: x.shape[1], dtype: .i64), Double(x.shape[0]))
        let (output, state) = layer(x, state: nil, validLengths: lengths)
        return output * (state.hidden.sum() + state.cell.sum())
    }
}

/// A block of indices as one of numbers, which are added to its result.
private struct OfNumbers<Wrapped: Block<NDArray, NDArray>>: Block {
    let wrapped: Wrapped
    init(_ wrapped: Wrapped) { self.wrapped = wrapped }
    func forward(_ x: NDArray) -> NDArray {
        wrapped.forward((x * 4).abs().cast(to: .u8).modulo(6)) + x.expandingDimension(at: -1)
    }
}
