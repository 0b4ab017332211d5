public import BraidCore

/// Attention by scaled products (Vaswani et al., 2017): `softmax(scale · query keyᵀ) value`, from queries
/// `[…, length, width]`, keys `[…, positions, width]` and values `[…, positions, value width]`, f32 or f64,
/// to `[…, length, value width]`; the leading dimensions, such as batch and heads, broadcast. Views are read
/// in place.
///
/// ```swift
/// let mixed = scaledDotProductAttention(query, key, value, isCausal: true)
/// ```
/// - Parameters:
///   - mask: bool, true where a query may look; or numbers that are added to the scaled products. It
///     broadcasts to `[…, length, positions]`. A query that may look nowhere (no true, or all -inf) gives
///     zeros.
///   - isCausal: whether query i looks at positions 0 to i only, and where the mask lets it.
///   - scale: `1 / √width` when nil.
/// - Precondition: the shapes fit, and the mask is bool or of the queries' dtype.
public func scaledDotProductAttention<T: Operand>(
    _ query: T, _ key: T, _ value: T, mask: T? = nil, isCausal: Bool = false, scale: Double? = nil
) -> T {
    attentionWeights(query, key, mask: mask, isCausal: isCausal, scale: scale).matmul(value)
}

/// How much each query takes of each position, `[…, length, positions]`; see `scaledDotProductAttention`.
package func attentionWeights<T: Operand>(
    _ query: T, _ key: T, mask: T?, isCausal: Bool, scale: Double?
) -> T {
    guard query.rank >= 2, key.rank >= 2 else {
        return query.refused(
            .shapeMismatch, in: "scaledDotProductAttention",
            "takes queries […, length, width] and keys […, positions, width], not shapes "
                + "\(query.shape) and \(key.shape)"
        )
    }
    guard scale.map(query.dtype.holdsFinite) != false else {
        return query.refused(
            .invalidValue, in: "scaledDotProductAttention",
            "the scale \(scale!) is no finite value of \(query.dtype)")
    }
    let width = Double(query.shape[query.rank - 1])
    // Queries are fewer numbers than products.
    let scaled = query * (scale ?? 1 / Swift.max(width, 1).squareRoot())
    let products = scaled.matmul(key.matrixTransposed())
    func normalized(_ x: T) -> T { isCausal ? x.causalSoftmax() : x.softmax(axis: -1) }
    guard let mask else { return normalized(products) }
    let isAllowed: T
    var scores = products
    if mask.dtype == .bool {
        isAllowed = mask
    } else {
        isAllowed = mask .!= -Double.infinity
        scores = products + mask
    }
    // A finite number instead of -inf: a row of nothing else has a softmax, and a slope, that the last
    // product makes zero.
    let lowest =
        scores.dtype == .f64
        ? -Double.greatestFiniteMagnitude / 2 : -Double(Float.greatestFiniteMagnitude) / 2
    let hidden = select(isAllowed, scores, .full([], lowest, dtype: scores.dtype))
    return normalized(hidden) * isAllowed.cast(to: scores.dtype)
}
