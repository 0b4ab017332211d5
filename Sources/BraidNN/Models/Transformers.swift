public import BraidCore
import BraidOperators
public import BraidRuntime

extension Models {
    /// The encoder of BERT-base (Devlin et al., 2019): twelve layers with normalisation behind each part.
    /// Takes and returns embedded positions `[batch, length, width]`.
    public static func bert(
        layers: Int = 12, width: Int = 768, heads: Int = 12, hidden: Int = 3072,
        dtype: DType = .f32
    ) -> Sequential {
        Sequential(
            (0..<ArgumentCheck("bert", #fileID, #line).extent(
                layers, "layers", isEmptyAllowed: true)).map { _ in
                    TransformerEncoderLayer(width, heads: heads, hidden: hidden, dtype: dtype)
                })
    }

    /// A small decoder as GPT (Radford et al., 2018): what comes next, from what came before.
    public static func gpt(
        vocabulary: Int = 1000, width: Int = 256, heads: Int = 4, layers: Int = 4,
        length: Int = 128, dtype: DType = .f32
    ) -> TransformerLanguageModel {
        TransformerLanguageModel(
            vocabulary: vocabulary, width: width, heads: heads, layers: layers, length: length,
            dtype: dtype)
    }
}

/// A language model of causal transformer layers, with a learnt vector for each position. Takes tokens
/// `[batch, length]` of any integer dtype, returns scores `[batch, length, vocabulary]` of the next ones.
public struct TransformerLanguageModel: Block {
    /// `[longest length, width]`.
    @Parameter public var positions: NDArray
    private let embedding: Embedding
    private let layers: [TransformerEncoderLayer]
    private let output: Dense

    /// A model for texts of up to `length` tokens.
    /// - Precondition: `heads` divides `width`.
    public init(
        vocabulary: Int, width: Int, heads: Int, layers: Int, length: Int, dtype: DType = .f32,
        fileID: StaticString = #fileID, line: UInt = #line
    ) {
        let check = ArgumentCheck("gpt", fileID, line)
        let (width, length) = (check.extent(width, "width"), check.extent(length, "length"))
        let layers = check.extent(layers, "layers", isEmptyAllowed: true)
        _positions = Parameter([length, width], dtype: dtype, initializer: .zeros)
        embedding = Embedding(vocabulary, width: width, dtype: dtype)
        self.layers = (0..<layers).map { _ in
            TransformerEncoderLayer(width, heads: heads, isCausal: true, dtype: dtype)
        }
        output = Dense(vocabulary, inputs: width, dtype: dtype)
    }

    /// Scores of the next tokens.
    public func forward(_ tokens: NDArray) -> NDArray {
        guard tokens.rank == 2, let longest = $positions.shape?[0], tokens.shape[1] <= longest
        else {
            ArrayError(
                .shapeMismatch, in: "gpt",
                "takes tokens [batch, length] of at most \($positions.shape?[0] ?? 0), not shape "
                    + "\(tokens.shape)"
            ).report()
            return tokens
        }
        let length = tokens.shape[1]
        let places = length == longest ? positions : positions[..<length]
        return output(layers.reduce(embedding(tokens) + places) { $1($0) })
    }
}
