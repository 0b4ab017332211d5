public import BraidCore
import BraidOperators

/// The cross entropy of the softmax of scores at integer labels, `-log softmax(scores)[label]`, for scores
/// of any rank, f32 or f64.
///
/// ```swift
/// let losses = Autograd.record { softmaxCrossEntropy(network(images), labels) }
/// ```
/// - Parameters:
///   - scores: `[batch, …, classes]`, or with the classes along another `axis`.
///   - labels: integers of the scores' shape without the classes. A label outside `0..<classes` gives
///     NaN.
///   - axis: along which the classes are.
///   - sampleWeights: `[batch]`, or of more of the labels' first axes.
/// - Returns: the mean over all axes of the labels but the first, `[batch]`.
public func softmaxCrossEntropy<T: Operand>(
    _ scores: T, _ labels: T, axis: Int = -1, sampleWeights: T? = nil
) -> T {
    let name = "softmaxCrossEntropy"
    guard let axis = classAxis(axis, of: scores, labels: labels, in: name) else { return scores }
    let losses: T
    if scores.rank == 2 && axis == 1 {
        losses = softmaxCrossEntropy(ofRows: scores, labels)
    } else {
        let order = (0..<scores.rank).filter { $0 != axis } + [axis]
        let rows = scores.transposed(axes: order).reshaped(to: [labels.count, scores.shape[axis]])
        losses = softmaxCrossEntropy(ofRows: rows, labels.reshaped(to: [labels.count]))
            .reshaped(to: labels.shape.extents)
    }
    return losses.perSample(weights: sampleWeights, in: name)
}

/// The cross entropy of the softmax of scores with whole distributions as labels, `-Σ q log p`.
///
/// - Parameters:
///   - scores: `[batch, …]`, with the classes along `axis`.
///   - probabilities: of the same shape.
///   - axis: along which the classes are.
///   - sampleWeights: `[batch]`, or of more of the first axes.
/// - Returns: the mean over all axes but the first and the classes', `[batch]`.
public func softmaxCrossEntropy<T: Operand>(
    _ scores: T, probabilities: T, axis: Int = -1, sampleWeights: T? = nil
) -> T {
    let name = "softmaxCrossEntropy"
    guard scores.hasShape(of: probabilities, in: name) else { return scores }
    return (-(probabilities * scores.logSoftmax(axis: axis)).sum(over: axis))
        .perSample(weights: sampleWeights, in: name)
}

/// The negative logarithm of the probability at integer labels.
///
/// - Parameters:
///   - logProbabilities: `[batch, …]` with the classes along `axis`, as `logSoftmax` gives them.
///   - labels: integers of their shape without the classes. A label outside `0..<classes` gives NaN.
///   - axis: along which the classes are.
///   - sampleWeights: `[batch]`, or of more of the labels' first axes.
/// - Returns: the mean over all axes of the labels but the first, `[batch]`.
public func negativeLogLikelihood<T: Operand>(
    _ logProbabilities: T, _ labels: T, axis: Int = -1, sampleWeights: T? = nil
) -> T {
    let name = "negativeLogLikelihood"
    guard let axis = classAxis(axis, of: logProbabilities, labels: labels, in: name) else {
        return logProbabilities
    }
    let places = labels.cast(to: .i64)
    let taken = logProbabilities.taken(
        at: places.expandingDimension(at: axis), alongAxis: axis
    ).squeezed(at: axis)
    let isClass = (places .>= 0) .& (places .< Double(logProbabilities.shape[axis]))
    return select(isClass, -taken, .full([], .nan, dtype: taken.dtype))
        .perSample(weights: sampleWeights, in: name)
}

/// The Kullback-Leibler divergence of labels from predictions, `q (log q - log p)`.
///
/// - Parameters:
///   - logProbabilities: `[batch, …]`, as `logSoftmax` gives them.
///   - probabilities: labels of the same shape.
///   - sampleWeights: `[batch]`, or of more of the first axes.
/// - Returns: the mean over all axes but the first, `[batch]`.
public func klDivergenceLoss<T: Operand>(
    _ logProbabilities: T, _ probabilities: T, sampleWeights: T? = nil
) -> T {
    let name = "klDivergenceLoss"
    guard logProbabilities.hasShape(of: probabilities, in: name) else { return logProbabilities }
    return divergences(logProbabilities, probabilities).perSample(
        weights: sampleWeights, in: name)
}

/// `q (log q - log p)`, which is 0 where `q` is.
func divergences<T: Operand>(_ logProbabilities: T, _ probabilities: T) -> T {
    probabilities * (maximum(probabilities, 1e-30).log() - logProbabilities)
}

/// The axis of the classes, counted from the front; nil after a mistake.
private func classAxis<T: Operand>(
    _ axis: Int, of scores: T, labels: T, in name: String
) -> Int? {
    var expected = scores.shape.extents
    if let place = scores.shape.resolved(axis: axis), labels.dtype.isInteger {
        expected.remove(at: place)
        if labels.shape.extents == expected { return place }
    }
    ArrayError(
        .shapeMismatch, in: name,
        "takes classes along an axis and integer labels for the others, not \(scores.type) with axis "
            + "\(axis) and labels \(labels.type)"
    ).report()
    return nil
}
