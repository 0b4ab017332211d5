public import BraidCore
import BraidOperators

/// The cross entropy of independent yes-or-no labels, from scores: `log(1 + e^-x)` where the label is 1,
/// `log(1 + e^x)` where it is 0, and in between for labels in between.
///
/// - Parameters:
///   - scores: `[batch, …]`; their sigmoids are the probabilities of a 1.
///   - labels: of the same shape, in `0...1`.
///   - positiveWeight: what the part of ones is multiplied by; broadcast to the scores' shape.
///   - sampleWeights: `[batch]`, or of more of the first axes.
/// - Returns: the mean over all axes but the first, `[batch]`.
public func sigmoidBinaryCrossEntropy<T: Operand>(
    _ scores: T, _ labels: T, positiveWeight: T? = nil, sampleWeights: T? = nil
) -> T {
    binaryCrossEntropy(
        scores, labels, ofOne: (-scores).softplus(), ofZero: scores.softplus(), positiveWeight,
        sampleWeights, in: "sigmoidBinaryCrossEntropy")
}

/// The cross entropy of independent yes-or-no labels, from probabilities. Where there are scores,
/// `sigmoidBinaryCrossEntropy` is more exact.
///
/// - Parameters:
///   - probabilities: `[batch, …]`, of a 1.
///   - labels: of the same shape, in `0...1`.
///   - positiveWeight: what the part of ones is multiplied by; broadcast to the labels' shape.
///   - sampleWeights: `[batch]`, or of more of the first axes.
/// - Returns: the mean over all axes but the first, `[batch]`.
public func binaryCrossEntropy<T: Operand>(
    _ probabilities: T, _ labels: T, positiveWeight: T? = nil, sampleWeights: T? = nil
) -> T {
    // Far below what one rounding of a probability makes of its logarithm, and the logarithm of 0 is
    // finite.
    func loss(_ probability: T) -> T { -(probability + 1e-12).log() }
    return binaryCrossEntropy(
        probabilities, labels, ofOne: loss(probabilities), ofZero: loss(1 - probabilities),
        positiveWeight, sampleWeights, in: "binaryCrossEntropy")
}

private func binaryCrossEntropy<T: Operand>(
    _ predictions: T, _ labels: T, ofOne: T, ofZero: T, _ positiveWeight: T?, _ sampleWeights: T?,
    in name: String
) -> T {
    guard predictions.hasShape(of: labels, in: name) else { return predictions }
    let ones = positiveWeight.map { labels * $0 } ?? labels
    return (ones * ofOne + (1 - labels) * ofZero).perSample(weights: sampleWeights, in: name)
}
