import BraidCore
import BraidOperators

extension Operand {
    /// One loss per sample: these losses `[batch, …]` times the samples' weights, 0 where a weight is,
    /// then their mean over all axes but the first.
    /// - Parameter weights: `[batch]`, or of the first axes of this array; ones when nil.
    func perSample(weights: Self?, in loss: String) -> Self {
        var losses = self
        if let weights {
            guard let isOut = weights.areZero(within: shape.extents) else {
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
    /// - Parameter classAxis: the axis, from 0 on, that losses lack, and so weights too.
    func leavingOut(samplesOf weights: Self?, classAxis: Int? = nil) -> Self {
        var extents = shape.extents
        if let classAxis { extents.remove(at: classAxis) }
        guard var isOut = weights?.areZero(within: extents) else { return self }
        if let classAxis { isOut = isOut.expandingDimension(at: classAxis) }
        return select(isOut, .zeros([], dtype: dtype), self)
    }

    /// Whether these weights of losses of some extents are 0: bool, with extents of 1 for the axes that the
    /// weights lack. Nil for weights of other extents, which `perSample` reports.
    func areZero(within extents: [Int]) -> Self? {
        guard rank <= extents.count, shape.extents == Array(extents.prefix(rank)) else {
            return nil
        }
        let missing = Array(repeating: 1, count: extents.count - rank)
        return (self .== 0).reshaped(to: shape.extents + missing)
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
