import BraidCore
import BraidOperators

extension Operand {
    /// One loss per sample: these losses `[batch, …]` times the samples' weights, then their mean over
    /// all axes but the first.
    /// - Parameter weights: `[batch]`, or of the first axes of this array; ones when nil.
    func perSample(weights: Self?, in loss: String) -> Self {
        var losses = self
        if let weights {
            let missing = Swift.max(rank - weights.rank, 0)
            guard weights.shape.extents == Array(shape.extents.prefix(weights.rank)) else {
                ArrayError(
                    .shapeMismatch, in: loss,
                    "sample weights \(weights.shape) for losses of shape \(shape)"
                ).report()
                return self
            }
            losses =
                losses
                * weights.reshaped(
                    to: weights.shape.extents + Array(repeating: 1, count: missing))
        }
        return rank > 1 ? losses.mean(over: Array(1..<rank)) : losses
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
