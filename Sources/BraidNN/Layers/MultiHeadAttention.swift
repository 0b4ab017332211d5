public import BraidCore
import BraidOperators
public import BraidRuntime

/// Attention with several heads (Vaswani et al., 2017): queries, keys and values are projected, each head
/// attends on its share of the width, and the heads' results, side by side, are projected again.
///
/// Takes `[batch, length, width]` and attends to itself; `attended(from:to:values:mask:)` takes the three
/// roles apart. The parameters are those of PyTorch's layer in its order: `inputs.weight`
/// `[3 width, width]` for queries, keys and values (there `in_proj_weight`), `inputs.bias`,
/// `output.weight` `[width, width]`, `output.bias`.
public struct MultiHeadAttention: Block {
    /// The projection to queries, keys and values.
    public let inputs: Dense
    /// The projection of the heads' results.
    public let output: Dense
    /// The extent of the last dimension.
    public let width: Int
    /// The number of heads.
    public let heads: Int
    /// Whether a position sees only those before it and itself.
    public let isCausal: Bool
    private let dropout: Dropout

    /// A layer of so many heads.
    /// - Parameters:
    ///   - dropout: the probability with which, in training, a query misses a position.
    /// - Precondition: `heads` divides `width`; `dropout` is in `0..<1`.
    public init(
        _ width: Int, heads: Int, isCausal: Bool = false, dropout: Double = 0,
        usesBias: Bool = true, initializer: Initializer = .xavier, dtype: DType = .f32,
        fileID: StaticString = #fileID, line: UInt = #line
    ) {
        let check = ArgumentCheck("multi_head_attention", fileID, line)
        let (width, heads) = (check.extent(width, "width"), check.extent(heads, "heads"))
        check.require(
            width % heads == 0, "the heads, \(heads), do not divide the width, \(width)")
        self.width = width
        self.heads = heads
        self.isCausal = isCausal
        self.dropout = Dropout(check.rate(dropout, "dropout"))
        inputs = Dense(
            3 * width, inputs: width, usesBias: usesBias, initializer: initializer, dtype: dtype)
        output = Dense(
            width, inputs: width, usesBias: usesBias, initializer: initializer, dtype: dtype)
    }

    /// Attends to the input itself.
    public func forward(_ x: NDArray) -> NDArray { attended(x, mask: nil) }

    /// The input `[batch, length, width]`, attending to itself where a mask lets it.
    /// - Parameter mask: as of `scaledDotProductAttention`, broadcast to `[batch, heads, length, length]`.
    public func attended(_ x: NDArray, mask: NDArray?) -> NDArray {
        guard isSequence(x) else { return x }
        let (batch, length) = (x.shape[0], x.shape[1])
        let roles = inputs(x).reshaped(to: [batch, length, 3, heads, width / heads])
            .transposed(axes: [2, 0, 3, 1, 4])
        return mixed(roles[0], roles[1], roles[2], mask)
    }

    /// Queries `[batch, length, width]` attending to keys and values `[batch, positions, width]`.
    /// - Parameters:
    ///   - values: the keys' when nil.
    ///   - mask: as of `scaledDotProductAttention`, broadcast to
    ///     `[batch, heads, length, positions]`.
    public func attended(
        from queries: NDArray, to keys: NDArray, values: NDArray? = nil, mask: NDArray? = nil
    ) -> NDArray {
        let values = values ?? keys
        guard isSequence(queries), isSequence(keys), isSequence(values) else { return queries }
        func projected(_ x: NDArray, _ role: Int) -> NDArray {
            let rows = (role * width)..<((role + 1) * width)
            var y = x.matmul(inputs.weight[rows].transposed())
            if let bias = inputs.bias { y = y + bias.wrappedValue[rows] }
            return y.reshaped(to: [x.shape[0], x.shape[1], heads, width / heads])
                .transposed(axes: [0, 2, 1, 3])
        }
        return mixed(projected(queries, 0), projected(keys, 1), projected(values, 2), mask)
    }

    /// The result of all heads from operands `[batch, heads, length, width / heads]`.
    private func mixed(
        _ query: NDArray, _ key: NDArray, _ value: NDArray, _ mask: NDArray?
    ) -> NDArray {
        let weights = attentionWeights(query, key, mask: mask, isCausal: isCausal, scale: nil)
        let heads = dropout(weights).matmul(value).transposed(axes: [0, 2, 1, 3])
        return output(heads.reshaped(to: [query.shape[0], query.shape[2], width]))
    }

    private func isSequence(_ x: NDArray) -> Bool {
        if x.rank == 3, x.shape[2] == width { return true }
        ArrayError(
            .shapeMismatch, in: "multi_head_attention",
            "takes [batch, length, \(width)], not shape \(x.shape)"
        ).report()
        return false
    }
}
