import BraidCore
public import BraidEngine
import BraidOperators
public import BraidRuntime

/// A metric that is the mean of something over all samples or elements.
public struct MeanMetric: Metric {
    /// From predictions and labels to what the mean is of, and weights of the same shape; ones when nil.
    public typealias Values =
        @Sendable (_ predictions: NDArray, _ labels: NDArray) -> (
            values: NDArray, weights: NDArray?
        )

    private var mean = RunningMean()
    private let values: Values
    private let finish: @Sendable (NDArray) -> NDArray

    /// A metric of your own.
    /// - Parameters:
    ///   - values: what the mean is of; computed with arrays.
    ///   - finish: applied to the mean, f64 [].
    public init(
        finish: @escaping @Sendable (NDArray) -> NDArray = { $0 }, weighted values: @escaping Values
    ) {
        self.values = values
        self.finish = finish
    }

    /// A metric of your own, the mean of all elements.
    public init(
        _ values: @escaping @Sendable (_ predictions: NDArray, _ labels: NDArray) -> NDArray
    ) {
        self.init { (values($0, $1), nil) }
    }

    /// Adds a batch.
    public mutating func update(_ predictions: NDArray, _ labels: NDArray) {
        let (values, weights) = values(predictions.detached(), labels.detached())
        mean.add(values, weights: weights)
    }

    /// The number for all batches; that of a mean of 0 before the first.
    /// - Throws: `EngineError`, the failure that the predictions depend on.
    public func value(fileID: StaticString, line: UInt) throws(EngineError) -> Double {
        try finish(mean.array).scalar(as: Double.self, fileID: fileID, line: line)
    }

    /// Forgets all batches.
    public mutating func reset() { mean = RunningMean() }
}

// MARK: Numbers; predictions and labels have one shape

extension MeanMetric {
    /// The mean of `|p - y|`.
    public static var meanAbsoluteError: MeanMetric {
        MeanMetric { difference($0, $1).abs() }
    }

    /// The mean of `(p - y)²`.
    public static var meanSquaredError: MeanMetric {
        MeanMetric { difference($0, $1).square() }
    }

    /// The root of the mean of `(p - y)²`.
    public static var rootMeanSquaredError: MeanMetric {
        MeanMetric(finish: { $0.squareRoot() }) { (difference($0, $1).square(), nil) }
    }

    /// The mean of the norms of differences along the last axis.
    /// - Precondition: `order` is above 0.
    public static func meanPairwiseDistance(order: Double = 2) -> MeanMetric {
        ArrayError.check(order > 0, in: "metric", "the order \(order) is not above 0")
        return MeanMetric { difference($0, $1).norm(order: order, over: -1) }
    }

    /// The mean of the cosines of the angles between vectors along the last axis.
    public static var meanCosineSimilarity: MeanMetric {
        MeanMetric { cosineSimilarity($0.cast(to: .f64), $1.cast(to: .f64)) }
    }

    private static func difference(_ predictions: NDArray, _ labels: NDArray) -> NDArray {
        ArrayError.check(
            predictions.shape == labels.shape, in: "metric",
            "predictions of shape \(predictions.shape) with labels of shape \(labels.shape)")
        return predictions.cast(to: .f64) - labels.cast(to: .f64)
    }
}

// MARK: Classes; NaN among a label's scores makes the mean NaN

extension MeanMetric {
    /// The share of labels that are among the `k` highest scores: scores `[batch, classes]`, integer
    /// labels `[batch]`, of which one that is no class is an error of every read.
    /// - Parameter ignored: a label that does not count, such as that of padding.
    /// - Precondition: `k` is above 0, there are `k` classes, and `ignored` is at most 2^53 in magnitude.
    public static func topKAccuracy(_ k: Int, ignoring ignored: Int? = nil) -> MeanMetric {
        let name = "top-k accuracy"
        ArrayError.check(k > 0, in: name, "the k \(k) is not above 0")
        let ignored = checked(ignoredLabel: ignored, in: name)
        return MeanMetric(weighted: { scores, labels in
            guard scores.areScores(for: labels, in: name) else { return (scores, nil) }
            let labels = labels.classes(of: scores, ignoring: ignored, in: name)
            let (_, classes) = scores.topK(k, axis: 1)
            let isAmong = (classes .== labels.cast(to: .i64).expandingDimension(at: 1)).any(over: 1)
                .unknown(where: scores.hasUnknown(for: labels))
            return (isAmong, labels.counts(ignoring: ignored))
        })
    }

    /// The share of labels of 0 and 1 that probabilities in the same shape tell right: 1 above the
    /// threshold. A probability of NaN is neither right nor wrong: it makes the share NaN.
    /// - Precondition: `threshold` is finite.
    public static func binaryAccuracy(threshold: Double = 0.5) -> MeanMetric {
        let name = "binary accuracy"
        let threshold = checked(threshold: threshold, in: name)
        return MeanMetric { predictions, labels in
            guard predictions.hasShape(of: labels, in: name) else { return predictions }
            return ((predictions .> threshold).cast(to: .i64) .== labels.cast(to: .i64))
                .unknown(where: predictions.hasUnknown(for: labels))
        }
    }

    /// A threshold of probabilities or scores; 0.5 after a mistake inside `validating`.
    static func checked(threshold: Double, in metric: String) -> Double {
        ArrayError.check(
            threshold.isFinite, in: metric, "the threshold \(threshold) is not finite")
            ? threshold : 0.5
    }

    /// A label that does not count; none after a mistake inside `validating`.
    static func checked(ignoredLabel: Int?, in metric: String) -> Int? {
        guard let ignoredLabel, let mistake = RangeCheck.mistake(ofIgnoredLabel: ignoredLabel)
        else { return ignoredLabel }
        ArrayError(.invalidValue, in: metric, mistake).report()
        return nil
    }

    /// The mean negative logarithm of the label's probability: probabilities `[batch, classes]`, as a softmax
    /// gives them, integer labels `[batch]`. A probability outside `0...1` is an error of every read.
    public static var crossEntropy: MeanMetric { MeanMetric(surprise) }

    /// The exponential of `crossEntropy`.
    /// - Parameter ignored: a label that does not count, such as that of padding.
    /// - Precondition: `ignored` is at most 2^53 in magnitude.
    public static func perplexity(ignoring ignored: Int? = nil) -> MeanMetric {
        let ignored = checked(ignoredLabel: ignored, in: "perplexity")
        return MeanMetric(finish: { $0.exp() }) { probabilities, labels in
            guard let counts = labels.counts(ignoring: ignored) else {
                return (surprise(probabilities, labels), nil)
            }
            let labels = labels.cast(to: .i64)
            let known = select(counts, labels, .zeros([], dtype: labels.dtype))
            // Outside the mean whatever its probabilities are.
            let own = select(
                counts.expandingDimension(at: 1), probabilities,
                .ones([], dtype: probabilities.dtype))
            return (surprise(own, known), counts)
        }
    }

    @Sendable private static func surprise(_ probabilities: NDArray, _ labels: NDArray) -> NDArray {
        let name = "cross entropy"
        guard probabilities.areScores(for: labels, in: name) else { return probabilities }
        let places = labels.cast(to: .i64).expandingDimension(at: 1)
        let numbers =
            probabilities.dtype.isComputedFloating ? probabilities : probabilities.cast(to: .f64)
        let own = numbers.probabilities(in: name, advice: "of scores softmax() makes some")
            .taken(at: places, alongAxis: 1).squeezed(at: 1)
        return -(own.cast(to: .f64) + 1e-12).log()
    }
}
