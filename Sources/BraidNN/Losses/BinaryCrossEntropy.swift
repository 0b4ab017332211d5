public import BraidCore
import BraidOperators

/// The cross entropy of independent yes-or-no labels, from scores: `log(1 + e^-x)` where the label is 1,
/// `log(1 + e^x)` where it is 0, and in between for labels in between.
///
/// A label outside `0...1` is an error that every read of the losses reports.
/// - Parameters:
///   - scores: `[batch, …]`; their sigmoids are the probabilities of a 1.
///   - labels: of the same shape, in `0...1`.
///   - positiveWeight: what the part of ones is multiplied by; broadcast to the scores' shape.
///   - sampleWeights: `[batch]`, or of more of the first axes. A weight of 0 takes a sample out.
/// - Returns: the mean over all axes but the first, `[batch]`.
public func sigmoidBinaryCrossEntropy<T: Operand>(
    _ scores: T, _ labels: T, positiveWeight: T? = nil, sampleWeights: T? = nil
) -> T {
    let name = "sigmoidBinaryCrossEntropy"
    guard scores.hasShape(of: labels, in: name) else { return scores }
    let scores = scores.leavingOut(samplesOf: sampleWeights)
    return binaryCrossEntropy(
        ofOne: (-scores).softplus(), ofZero: scores.softplus(), labels, positiveWeight,
        sampleWeights, in: name)
}

/// The cross entropy of independent yes-or-no labels, from probabilities. Where there are scores,
/// `sigmoidBinaryCrossEntropy` is more exact.
///
/// A probability or a label outside `0...1` is an error that every read of the losses reports, as
/// `binaryCrossEntropy: probability 1.7 at position [0] is outside 0...1`; a NaN gives NaN.
/// - Parameters:
///   - probabilities: `[batch, …]`, of a 1.
///   - labels: of the same shape, in `0...1`.
///   - positiveWeight: what the part of ones is multiplied by; broadcast to the labels' shape.
///   - sampleWeights: `[batch]`, or of more of the first axes. A weight of 0 takes a sample out.
/// - Returns: the mean over all axes but the first, `[batch]`.
public func binaryCrossEntropy<T: Operand>(
    _ probabilities: T, _ labels: T, positiveWeight: T? = nil, sampleWeights: T? = nil
) -> T {
    let name = "binaryCrossEntropy"
    guard probabilities.hasShape(of: labels, in: name) else { return probabilities }
    let probabilities = probabilities.leavingOut(samplesOf: sampleWeights).inRange(
        0...1, of: "probability", in: name, allowsNaN: true,
        advice: "of scores there is sigmoidBinaryCrossEntropy")
    // Far below what one rounding of a probability makes of its logarithm, and the logarithm of 0 is
    // finite.
    func loss(_ probability: T) -> T { -(probability + 1e-12).log() }
    return binaryCrossEntropy(
        ofOne: loss(probabilities), ofZero: loss(1 - probabilities), labels, positiveWeight,
        sampleWeights, in: name)
}

private func binaryCrossEntropy<T: Operand>(
    ofOne: T, ofZero: T, _ labels: T, _ positiveWeight: T?, _ sampleWeights: T?, in name: String
) -> T {
    let labels = labels.leavingOut(samplesOf: sampleWeights)
        .inRange(0...1, of: "label", in: name, allowsNaN: true)
    let ones = positiveWeight.map { labels * $0 } ?? labels
    let zeros = 1 - labels
    return (ones * ofOne.finite(where: labels) + zeros * ofZero.finite(where: zeros))
        .perSample(weights: sampleWeights, in: name)
}
