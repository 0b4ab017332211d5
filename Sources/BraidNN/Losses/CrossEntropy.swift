public import BraidCore
import BraidOperators

/// The cross entropy of the softmax of scores at integer labels, `-log softmax(scores)[label]`, for scores
/// of any rank, f32 or f64.
///
/// ```swift
/// let losses = Autograd.record { softmaxCrossEntropy(network(images), labels) }
/// ```
/// A label outside `0..<classes` is an error that every read of the losses reports, as
/// `softmaxCrossEntropy: label 12 at position [3] is outside 0..<10`.
/// - Parameters:
///   - scores: `[batch, …, classes]`, or with the classes along another `axis`.
///   - labels: integers of the scores' shape without the classes.
///   - axis: along which the classes are.
///   - ignoredLabel: the label of what does not count, such as padding, in the classes or outside: its
///     losses are 0, and no gradient flows from them. They stay in the mean over the other axes. At most
///     2^53 in magnitude.
///   - sampleWeights: `[batch]`, or of more of the labels' first axes. A weight of 0 takes a sample out,
///     whatever its scores and its label are.
/// - Returns: the mean over all axes of the labels but the first, `[batch]`.
public func softmaxCrossEntropy<T: Operand>(
    _ scores: T, _ labels: T, axis: Int = -1, ignoring ignoredLabel: Int? = nil,
    sampleWeights: T? = nil
) -> T {
    let name = "softmaxCrossEntropy"
    guard let axis = classAxis(axis, of: scores, labels: labels, in: name) else { return scores }
    let (scores, labels) = (
        scores.leavingOut(samplesOf: sampleWeights, classAxis: axis),
        labels.leavingOut(samplesOf: sampleWeights)
    )
    let losses: T
    if scores.rank == 2 && axis == 1 {
        losses = softmaxCrossEntropy(ofRows: scores, labels, ignoring: ignoredLabel)
    } else {
        // Looked at here, where positions are those of the caller's labels.
        let known = labels.classLabels(
            below: scores.shape[axis], ignoring: ignoredLabel, in: name)
        let order = (0..<scores.rank).filter { $0 != axis } + [axis]
        let rows = scores.transposed(axes: order).reshaped(to: [labels.count, scores.shape[axis]])
        losses = softmaxCrossEntropy(
            ofRows: rows, known.reshaped(to: [labels.count]), ignoring: ignoredLabel
        ).reshaped(to: labels.shape.extents)
    }
    return losses.perSample(weights: sampleWeights, in: name)
}

/// The cross entropy of the softmax of scores with whole distributions as labels, `-Σ q log p`.
///
/// A class of probability 0 does not count, even if its score is minus infinity. A probability below 0 or
/// above 1 is an error that every read of the losses reports.
/// - Parameters:
///   - scores: `[batch, …]`, with the classes along `axis`.
///   - probabilities: of the same shape.
///   - axis: along which the classes are.
///   - sampleWeights: `[batch]`, or of more of the first axes but the classes'. A weight of 0 takes a
///     sample out.
/// - Returns: the mean over all axes but the first and the classes', `[batch]`.
public func softmaxCrossEntropy<T: Operand>(
    _ scores: T, probabilities: T, axis: Int = -1, sampleWeights: T? = nil
) -> T {
    let name = "softmaxCrossEntropy"
    guard scores.hasShape(of: probabilities, in: name) else { return scores }
    // Another axis is the softmax's to refuse.
    let place = scores.shape.resolved(axis: axis)
    let probabilities = probabilities.leavingOut(samplesOf: sampleWeights, classAxis: place)
        .probabilities(in: name)
    let logarithms = scores.leavingOut(samplesOf: sampleWeights, classAxis: place)
        .logSoftmax(axis: axis)
    return (-(probabilities * logarithms.finite(where: probabilities)).sum(over: axis))
        .perSample(weights: sampleWeights, in: name)
}

/// The negative logarithm of the probability at integer labels.
///
/// A label outside `0..<classes` is an error that every read of the losses reports.
/// - Parameters:
///   - logProbabilities: `[batch, …]` with the classes along `axis`, as `logSoftmax` gives them.
///   - labels: integers of their shape without the classes.
///   - axis: along which the classes are.
///   - ignoredLabel: the label of what does not count: its losses are 0, and no gradient flows from them.
///     At most 2^53 in magnitude.
///   - sampleWeights: `[batch]`, or of more of the labels' first axes. A weight of 0 takes a sample out,
///     whatever its predictions and its label are.
/// - Returns: the mean over all axes of the labels but the first, `[batch]`.
public func negativeLogLikelihood<T: Operand>(
    _ logProbabilities: T, _ labels: T, axis: Int = -1, ignoring ignoredLabel: Int? = nil,
    sampleWeights: T? = nil
) -> T {
    let name = "negativeLogLikelihood"
    guard let axis = classAxis(axis, of: logProbabilities, labels: labels, in: name) else {
        return logProbabilities
    }
    let predictions = logProbabilities.leavingOut(samplesOf: sampleWeights, classAxis: axis)
    var places = labels.leavingOut(samplesOf: sampleWeights).classLabels(
        below: predictions.shape[axis], ignoring: ignoredLabel, in: name
    ).cast(to: .i64)
    let isIgnored = ignoredLabel.map { places .== Double($0) }
    if let isIgnored { places = select(isIgnored, .zeros([], dtype: .i64), places) }
    // Looked at above.
    let taken = predictions.taken(
        at: places.expandingDimension(at: axis), alongAxis: axis, mode: .clipping
    ).squeezed(at: axis)
    var losses = -taken
    if let isIgnored { losses = select(isIgnored, .zeros([], dtype: losses.dtype), losses) }
    return losses.perSample(weights: sampleWeights, in: name)
}

/// The Kullback-Leibler divergence of labels from predictions, `q (log q - log p)`.
///
/// A class of probability 0 does not count, even if its prediction is minus infinity. A probability below
/// 0 or above 1 is an error that every read of the losses reports.
/// - Parameters:
///   - logProbabilities: `[batch, …]`, as `logSoftmax` gives them.
///   - probabilities: labels of the same shape.
///   - sampleWeights: `[batch]`, or of more of the first axes. A weight of 0 takes a sample out.
/// - Returns: the mean over all axes but the first, `[batch]`.
public func klDivergenceLoss<T: Operand>(
    _ logProbabilities: T, _ probabilities: T, sampleWeights: T? = nil
) -> T {
    let name = "klDivergenceLoss"
    guard logProbabilities.hasShape(of: probabilities, in: name) else { return logProbabilities }
    return divergences(
        logProbabilities.leavingOut(samplesOf: sampleWeights),
        probabilities.leavingOut(samplesOf: sampleWeights).probabilities(in: name)
    ).perSample(weights: sampleWeights, in: name)
}

/// `q (log q - log p)`, which is 0 where `q` is.
func divergences<T: Operand>(_ logProbabilities: T, _ probabilities: T) -> T {
    probabilities
        * (maximum(probabilities, 1e-30).log() - logProbabilities.finite(where: probabilities))
}

extension Operand {
    /// These logarithms with 0 for the infinite ones that labels of 0 are to be multiplied by: such a
    /// product is 0, and so is what it hands back.
    func finite(where labels: Self) -> Self {
        let isOut = (labels .== 0) .& (abs() .== .infinity)
        return select(isOut, .zeros([], dtype: dtype), self)
    }

    /// These labels, whose reads report one that is no class. NaN, of labels that are no integers, goes
    /// through.
    func classLabels(
        below classes: Int, ignoring ignoredLabel: Int?, in function: String,
        advice: String = RangeCheck.labelAdvice
    ) -> Self {
        if let ignoredLabel, let mistake = RangeCheck.mistake(ofIgnoredLabel: ignoredLabel) {
            return refused(.invalidValue, in: function, mistake)
        }
        return inRange(
            0..<classes, of: "label", in: function, exception: ignoredLabel,
            allowsNaN: dtype.isFloating, advice: advice)
    }

    /// These probabilities, whose reads report one that is none. Mixtures round.
    func probabilities(in function: String, advice: String = "") -> Self {
        inRange(0...1.001, of: "probability", in: function, allowsNaN: true, advice: advice)
    }
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
