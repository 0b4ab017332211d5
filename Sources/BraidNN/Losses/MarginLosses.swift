public import BraidCore
import BraidOperators

// Each returns one loss per sample, `[batch]`; weights of samples, `[batch]`, are multiplied in, and one of
// 0 takes its sample out, whatever stands there.

/// `max(0, margin - p y)` with labels of 1 and -1, and the mean over all axes but the first.
/// - Parameter sampleWeights: `[batch]`, or of more of the first axes.
/// - Precondition: `margin` is finite.
public func hingeLoss<T: Operand>(
    _ predictions: T, _ labels: T, margin: Double = 1, sampleWeights: T? = nil
) -> T {
    guard isMargin(margin, in: "hingeLoss"), predictions.hasShape(of: labels, in: "hingeLoss")
    else { return predictions }
    let predictions = predictions.leavingOut(samplesOf: sampleWeights)
    let labels = labels.leavingOut(samplesOf: sampleWeights)
    return (margin - predictions * labels).relu()
        .perSample(weights: sampleWeights, in: "hingeLoss")
}

/// `max(0, margin - p y)²` with labels of 1 and -1, and the mean over all axes but the first.
/// - Parameter sampleWeights: `[batch]`, or of more of the first axes.
/// - Precondition: `margin` is finite.
public func squaredHingeLoss<T: Operand>(
    _ predictions: T, _ labels: T, margin: Double = 1, sampleWeights: T? = nil
) -> T {
    guard isMargin(margin, in: "squaredHingeLoss"),
        predictions.hasShape(of: labels, in: "squaredHingeLoss")
    else { return predictions }
    let predictions = predictions.leavingOut(samplesOf: sampleWeights)
    let labels = labels.leavingOut(samplesOf: sampleWeights)
    return (margin - predictions * labels).relu().square()
        .perSample(weights: sampleWeights, in: "squaredHingeLoss")
}

/// `log(1 + e^(-p y))` with labels of 1 and -1, and the mean over all axes but the first. (For labels
/// of 1 and 0 there is `sigmoidBinaryCrossEntropy`.)
/// - Parameter sampleWeights: `[batch]`, or of more of the first axes.
public func logisticLoss<T: Operand>(
    _ predictions: T, _ labels: T, sampleWeights: T? = nil
) -> T {
    guard predictions.hasShape(of: labels, in: "logisticLoss") else { return predictions }
    let predictions = predictions.leavingOut(samplesOf: sampleWeights)
    let labels = labels.leavingOut(samplesOf: sampleWeights)
    return (-(predictions * labels)).softplus()
        .perSample(weights: sampleWeights, in: "logisticLoss")
}

/// How much farther a sample is from one of its own kind than from another, in squared distances:
/// `max(0, |a - p|² - |a - n|² + margin)`.
/// - Parameters:
///   - anchors: `[batch, …]`.
///   - positives: of the same kind, in the same shape.
///   - negatives: of another kind, in the same shape.
///   - sampleWeights: `[batch]`.
/// - Precondition: `margin` is finite.
public func tripletLoss<T: Operand>(
    _ anchors: T, _ positives: T, _ negatives: T, margin: Double = 1, sampleWeights: T? = nil
) -> T {
    let name = "tripletLoss"
    guard isMargin(margin, in: name), anchors.hasShape(of: positives, in: name),
        anchors.hasShape(of: negatives, in: name)
    else { return anchors }
    let excess =
        (anchors - positives).leavingOut(samplesOf: sampleWeights).square()
        - (anchors - negatives).leavingOut(samplesOf: sampleWeights).square()
    let sums = excess.rank > 1 ? excess.sum(over: Array(1..<excess.rank)) : excess
    return (sums + margin).relu().perSample(weights: sampleWeights, in: name)
}

/// `1 - cos` of pairs that belong together, `max(0, cos - margin)` of pairs that do not.
/// - Parameters:
///   - first: `[batch, features]`.
///   - second: of the same shape.
///   - labels: `[batch]`, 1 for what belongs together and -1 for what does not.
///   - sampleWeights: `[batch]`.
/// - Precondition: `margin` is finite.
public func cosineEmbeddingLoss<T: Operand>(
    _ first: T, _ second: T, _ labels: T, margin: Double = 0, sampleWeights: T? = nil
) -> T {
    let name = "cosineEmbeddingLoss"
    guard isMargin(margin, in: name), first.hasShape(of: second, in: name) else { return first }
    let cosines = cosineSimilarity(
        first.leavingOut(samplesOf: sampleWeights), second.leavingOut(samplesOf: sampleWeights))
    guard cosines.hasShape(of: labels, in: name) else { return first }
    let losses = select(labels .> 0, 1 - cosines, (cosines - margin).relu())
    // NaN is no label.
    return select(labels.isNaN(), .full([], .nan, dtype: losses.dtype), losses)
        .perSample(weights: sampleWeights, in: name)
}

/// The cosine of the angle between vectors along the last axis; 0, with a slope of 0, where either has no
/// length.
func cosineSimilarity<T: Operand>(_ first: T, _ second: T) -> T {
    let (a, b) = (first.norm(over: -1), second.norm(over: -1))
    let isNone = (a .== 0) .| (b .== 0)
    let one = T.full([], 1, dtype: first.dtype)
    // One after the other: the product of short lengths would vanish.
    let cosine =
        (first * second).sum(over: -1) / select(isNone, one, a) / select(isNone, one, b)
    return select(isNone, .full([], 0, dtype: first.dtype), cosine)
}

/// Smoothed deep metric learning (Bonadiman et al., 2019): each sample of the first array is to be
/// nearest to its own row of the second, by the softmax of negative squared distances, and labels are
/// smoothed over the other samples. A sample of weight 0 is none of those either.
/// - Parameters:
///   - first: `[batch, features]`.
///   - second: of the same shape.
///   - smoothing: how much of a label goes to the other rows.
///   - sampleWeights: `[batch]`.
/// - Precondition: there are two samples or more, and `smoothing` is in `0..<1`.
public func sdmlLoss<T: Operand>(
    _ first: T, _ second: T, smoothing: Double = 0.3, sampleWeights: T? = nil
) -> T {
    let name = "sdmlLoss"
    guard
        ArrayError.check(
            (0..<1).contains(smoothing), in: name, "the smoothing \(smoothing) is not in 0..<1")
    else { return first }
    guard first.hasShape(of: second, in: name) else { return first }
    guard first.rank == 2, first.shape[0] > 1 else {
        ArrayError(
            .shapeMismatch, in: name,
            "takes [batch, features] with two samples or more, not shape \(first.shape)"
        ).report()
        return first
    }
    let batch = first.shape[0]
    let distances =
        (first.leavingOut(samplesOf: sampleWeights).expandingDimension(at: 1)
        - second.leavingOut(samplesOf: sampleWeights).expandingDimension(at: 0))
        .square().sum(over: 2)
    var scores = -distances
    let labels: T
    let own = T.eye(batch, dtype: first.dtype)
    if let isOut = sampleWeights?.areZero(within: [batch])?.broadcast(to: [batch]) {
        let zero = T.zeros([], dtype: first.dtype)
        // Of one sample that is left all is its own.
        let others = (1 - isOut.cast(to: first.dtype)).sum() - 1
        let share = select(others .> 0, T.full([], smoothing, dtype: first.dtype), zero)
        let other = share / maximum(others, 1)
        labels = select(isOut, zero, own * (1 - share - other) + other)
        scores = select(isOut, .full([], -.infinity, dtype: first.dtype), scores)
    } else {
        let other = smoothing / Double(batch - 1)
        labels = own * (1 - smoothing - other) + other
    }
    return divergences(scores.logSoftmax(axis: 1), labels).sum(over: 1)
        .perSample(weights: sampleWeights, in: name)
}

/// Whether a margin is finite; reports it when not.
private func isMargin(_ margin: Double, in loss: String) -> Bool {
    ArrayError.check(margin.isFinite, in: loss, "the margin \(margin) is not finite")
}
