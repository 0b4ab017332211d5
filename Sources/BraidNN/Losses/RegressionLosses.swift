public import BraidCore
import BraidOperators

// Each takes predictions and labels of one shape `[batch, …]` and returns one loss per sample, `[batch]`:
// the mean over all other axes. Weights of samples, `[batch]`, are multiplied in; one of 0 takes its sample
// out, whatever stands there.

/// The absolute error, `|p - y|`.
/// - Parameter sampleWeights: `[batch]`, or of more of the first axes.
public func l1Loss<T: Operand>(_ predictions: T, _ labels: T, sampleWeights: T? = nil) -> T {
    guard predictions.hasShape(of: labels, in: "l1Loss") else { return predictions }
    return (predictions - labels).leavingOut(samplesOf: sampleWeights).abs()
        .perSample(weights: sampleWeights, in: "l1Loss")
}

/// Half the squared error, `(p - y)² / 2`.
/// - Parameter sampleWeights: `[batch]`, or of more of the first axes.
public func l2Loss<T: Operand>(_ predictions: T, _ labels: T, sampleWeights: T? = nil) -> T {
    guard predictions.hasShape(of: labels, in: "l2Loss") else { return predictions }
    return ((predictions - labels).leavingOut(samplesOf: sampleWeights).square() * 0.5)
        .perSample(weights: sampleWeights, in: "l2Loss")
}

/// The smoothed absolute error: `|d| - rho / 2` where the difference `d` is larger than `rho`, and
/// `d² / (2 rho)` elsewhere (Huber, 1964, over `rho`).
/// - Parameter sampleWeights: `[batch]`, or of more of the first axes.
/// - Precondition: `rho` is positive, and it and its reciprocal are finite in the dtype.
public func huberLoss<T: Operand>(
    _ predictions: T, _ labels: T, rho: Double = 1, sampleWeights: T? = nil
) -> T {
    guard
        ArrayError.check(
            rho > 0 && predictions.dtype.holdsScale(rho), in: "huberLoss",
            "the rho \(rho) is not above 0, or it or its reciprocal is no finite value of "
                + "\(predictions.dtype)")
    else { return predictions }
    guard predictions.hasShape(of: labels, in: "huberLoss") else { return predictions }
    // Without magnitudes, whose slope is 0 at 0, so that the second derivative is right there.
    let difference = (predictions - labels).leavingOut(samplesOf: sampleWeights)
    let bounded = difference.clamped(to: -rho...rho)
    return (bounded * (difference - bounded * 0.5) / rho)
        .perSample(weights: sampleWeights, in: "huberLoss")
}

/// What a Poisson distribution predicts.
public enum PoissonPrediction: Hashable, Sendable {
    /// The logarithm of its rate.
    case logarithm
    /// Its rate.
    case rate
}

/// The negative log-likelihood of counts under Poisson distributions: `e^p - y p` for logarithms of
/// rates, `p - y log p` for rates.
/// - Parameters:
///   - prediction: what the predictions are.
///   - isFull: whether the logarithm of `y!`, by Stirling's approximation, is added where `y > 1`.
///   - sampleWeights: `[batch]`, or of more of the first axes.
public func poissonLoss<T: Operand>(
    _ predictions: T, _ labels: T, of prediction: PoissonPrediction = .logarithm,
    isFull: Bool = false, sampleWeights: T? = nil
) -> T {
    guard predictions.hasShape(of: labels, in: "poissonLoss") else { return predictions }
    let predictions = predictions.leavingOut(samplesOf: sampleWeights)
    let labels = labels.leavingOut(samplesOf: sampleWeights)
    var losses =
        switch prediction {
        case .logarithm: predictions.exp() - labels * predictions.finite(where: labels)
        case .rate: predictions - labels * (predictions + 1e-8).log().finite(where: labels)
        }
    if isFull {
        let count = maximum(labels, 1)
        let stirling = count * count.log() - count + (count * (2 * .pi)).log() * 0.5
        losses = losses + select(labels .> 1, stirling, .zeros([], dtype: labels.dtype))
    }
    return losses.perSample(weights: sampleWeights, in: "poissonLoss")
}
