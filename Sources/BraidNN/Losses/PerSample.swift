import BraidCore
import BraidOperators

extension Operand {
    /// One loss per sample: these losses `[batch, …]` times the samples' weights, 0 where a weight is,
    /// then their mean over all axes but the first.
    /// - Parameter weights: `[batch]`, or of the first axes of this array; ones when nil.
    func perSample(weights: Self?, in loss: String) -> Self {
        var losses = self
        if let weights {
            guard let isOut = isLeftOut(by: weights) else {
                return refused(
                    .shapeMismatch, in: loss,
                    "sample weights \(weights.shape) for losses of shape \(shape)"
                )
            }
            // Not a product alone: a loss of NaN times 0 is NaN.
            losses = select(
                isOut, .zeros([], dtype: dtype), losses * weights.reshaped(to: isOut.shape.extents))
        }
        return rank > 1 ? losses.mean(over: Array(1..<rank)) : losses
    }

    /// These predictions or labels `[batch, …]` with 0 in the samples of weight 0, so that nothing of
    /// those reaches a loss or a gradient: what is not finite would, through products with 0.
    func leavingOut(samplesOf weights: Self?) -> Self {
        guard let isOut = isLeftOut(by: weights) else { return self }
        return select(isOut, .zeros([], dtype: dtype), self)
    }

    /// Whether samples of an array of this shape have the weight 0: bool, with extents of 1 for the axes
    /// that the weights lack. Nil without weights, and for weights of other extents, which `perSample`
    /// reports.
    func isLeftOut(by weights: Self?) -> Self? {
        guard let weights, weights.rank <= rank,
            weights.shape.extents == Array(shape.extents.prefix(weights.rank))
        else { return nil }
        let missing = Array(repeating: 1, count: rank - weights.rank)
        return (weights .== 0).reshaped(to: weights.shape.extents + missing)
    }

    /// Whether another array has this one's shape; reports it when not.
    func hasShape(of labels: Self, in loss: String) -> Bool {
        if shape == labels.shape { return true }
        ArrayError(
            .shapeMismatch, in: loss,
            "predictions of shape \(shape) with labels of shape \(labels.shape)"
        ).report()
        return false
    }
}
