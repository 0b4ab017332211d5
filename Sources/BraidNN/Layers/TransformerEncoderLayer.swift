public import BraidCore
import BraidOperators
public import BraidRuntime

/// A layer of a transformer's encoder (Vaswani et al., 2017), with normalisation behind each part, as in
/// BERT: `x' = norm(x + attention(x))`, then `norm(x' + W gelu(V x'))`. Causal, it is one of a decoder that
/// has nothing to attend to but itself, as in GPT. Takes and returns `[batch, length, width]`.
public struct TransformerEncoderLayer: Block {
    /// Positions that look at one another.
    public let attention: MultiHeadAttention
    /// From the width to the hidden one, with `gelu`.
    public let expansion: Dense
    /// Back to the width.
    public let contraction: Dense
    /// Behind the attention.
    public let attentionNorm: LayerNorm
    /// Behind the dense layers.
    public let outputNorm: LayerNorm
    private let dropout: Dropout

    /// A layer.
    /// - Parameters:
    ///   - heads: of the attention.
    ///   - hidden: the width between the dense layers; four times the width when nil.
    ///   - isCausal: whether a position sees only those before it and itself.
    ///   - dropout: the probability that, in training, an element of a part's result, or an attention
    ///     weight, is dropped.
    /// - Precondition: `heads` divides `width`; `dropout` is in `0..<1`.
    public init(
        _ width: Int, heads: Int, hidden: Int? = nil, isCausal: Bool = false, dropout: Double = 0,
        dtype: DType = .f32, fileID: StaticString = #fileID, line: UInt = #line
    ) {
        let check = ArgumentCheck("transformer_encoder_layer", fileID, line)
        let width = check.extent(width, "width")
        let hidden = check.extent(hidden, "hidden") ?? 4 * width
        let dropout = check.rate(dropout, "dropout")
        attention = MultiHeadAttention(
            width, heads: heads, isCausal: isCausal, dropout: dropout, dtype: dtype,
            fileID: fileID, line: line)
        expansion = Dense(hidden, inputs: width, activation: .gelu, dtype: dtype)
        contraction = Dense(width, inputs: hidden, dtype: dtype)
        attentionNorm = LayerNorm(width, dtype: dtype)
        outputNorm = LayerNorm(width, dtype: dtype)
        self.dropout = Dropout(dropout)
    }

    /// Computes the layer.
    public func forward(_ x: NDArray) -> NDArray { forward(x, mask: nil) }

    /// The layer where a mask, as of `MultiHeadAttention`, lets positions look.
    public func forward(_ x: NDArray, mask: NDArray?) -> NDArray {
        let mixed = attentionNorm(x + dropout(attention.attended(x, mask: mask)))
        return outputNorm(mixed + dropout(contraction(expansion(mixed))))
    }
}
