import BraidCore
public import BraidEngine
import BraidOperators
public import BraidRuntime

/// The share of labels that have the highest score. NaN among a label's scores is neither right nor wrong:
/// it makes the share NaN.
public struct Accuracy: Metric {
    private static let name = "accuracy"
    private var share = RunningMean()
    private let ignoredLabel: Int?

    /// A metric that has seen nothing.
    /// - Parameter ignoredLabel: the label of what does not count, such as padding; at most 2^53 in magnitude.
    public init(ignoring ignoredLabel: Int? = nil) {
        self.ignoredLabel = MeanMetric.checked(ignoredLabel: ignoredLabel, in: Self.name)
    }

    /// Adds a batch.
    /// - Parameters:
    ///   - scores: `[batch, classes, …]`, or predicted classes in the labels' shape.
    ///   - labels: integers `[batch, …]`.
    public mutating func update(_ scores: NDArray, _ labels: NDArray) {
        guard scores.arePredictions(for: labels, in: Self.name) else { return }
        let labels =
            scores.shape == labels.shape
            ? labels.detached()
            : labels.classes(of: scores, ignoring: ignoredLabel, in: Self.name)
        let predicted = scores.predictedClasses(for: labels)
        share.add(
            (predicted .== labels.cast(to: .i64))
                .unknown(where: scores.hasUnknown(for: labels)),
            weights: labels.counts(ignoring: ignoredLabel))
    }

    /// The share seen so far; 0 before the first update, NaN after a score of NaN.
    /// - Throws: `EngineError`, the failure that the scores depend on; a label that none of the scores'
    ///   classes has.
    public func value(fileID: StaticString, line: UInt) throws(EngineError) -> Double {
        try share.value(fileID: fileID, line: line)
    }

    /// Forgets all batches.
    public mutating func reset() { share = RunningMean() }
}

extension NDArray {
    /// From scores `[batch, classes, …]` to the classes with the highest ones; classes stay as they are.
    func predictedClasses(for labels: NDArray) -> NDArray {
        let scores = detached()
        return scores.shape == labels.shape
            ? scores.cast(to: .i64) : scores.argmax(over: 1)
    }

    /// Whether this array has one prediction per label, or scores of classes along axis 1; reports it when
    /// not. Other shapes would broadcast, and every label would meet every prediction.
    func arePredictions(for labels: NDArray, in metric: String) -> Bool {
        shape == labels.shape || areScores(for: labels, in: metric)
    }

    /// Whether this array has scores of classes along axis 1 for each label; reports it when not.
    func areScores(for labels: NDArray, in metric: String) -> Bool {
        ArrayError.check(
            rank > 1 && shape.removing(1) == labels.shape, in: metric,
            "predictions of shape \(shape) with labels of shape \(labels.shape)")
    }

    /// These labels, whose reads report one that is no class of the scores along axis 1.
    func classes(
        of scores: NDArray, ignoring ignoredLabel: Int?, in metric: String
    ) -> NDArray {
        let labels = detached()
        let numbers =
            dtype.isFloating
            ? labels.cast(to: .f64) : dtype == .bool ? labels.cast(to: .i64) : labels
        return numbers.classLabels(
            below: scores.shape[1], ignoring: ignoredLabel, in: metric,
            advice: "ignoring: leaves out what does not count")
    }

    /// Whether labels count: bool, the weights of a mean; nil when all do.
    func counts(ignoring ignoredLabel: Int?) -> NDArray? {
        ignoredLabel.map { cast(to: .i64) .!= Double($0) }
    }

    /// Where one of a label's scores, or a label, is NaN: bool, of the labels' shape.
    func hasUnknown(for labels: NDArray) -> NDArray {
        let unknown = detached().isNaN()
        return (shape == labels.shape ? unknown : unknown.any(over: 1)) .| labels.detached().isNaN()
    }

    /// These answers, bool, as numbers: NaN where the condition holds. What is compared with NaN, or cast
    /// from it to a class, would be an answer like any other.
    func unknown(where isUnknown: NDArray) -> NDArray {
        select(isUnknown, .full([], .nan, dtype: .f64), cast(to: .f64))
    }
}

/// The mean of per-sample losses.
public struct MeanLoss: Sendable {
    private var mean = RunningMean()

    /// A metric that has seen nothing.
    public init() {}

    /// Adds the losses of a batch, `[batch]`. Losses that carry an error are left out: whoever reads them
    /// sees it, and the mean of the others stays readable.
    public mutating func update(_ losses: NDArray) { mean.addIfComputed(losses) }

    /// The mean so far; 0 before the first update.
    /// - Throws: `EngineError` when the runtime itself failed.
    public func value(
        fileID: StaticString = #fileID, line: UInt = #line
    ) throws(EngineError) -> Double {
        try mean.value(fileID: fileID, line: line)
    }

    /// Forgets all batches.
    public mutating func reset() { self = MeanLoss() }
}

/// Several metrics of the same predictions, by name.
public struct CompositeMetric: Sendable {
    private var metrics: [(name: String, metric: any Metric)]

    /// The given metrics, in this order.
    ///
    /// ```swift
    /// var metrics = CompositeMetric(["accuracy": Accuracy(), "top 5": MeanMetric.topKAccuracy(5)])
    /// ```
    public init(_ metrics: KeyValuePairs<String, any Metric>) {
        self.metrics = metrics.map { (name: $0.key, metric: $0.value) }
    }

    /// Adds a batch to each metric.
    public mutating func update(_ predictions: NDArray, _ labels: NDArray) {
        for index in metrics.indices { metrics[index].metric.update(predictions, labels) }
    }

    /// The numbers so far, in the order of the metrics.
    /// - Throws: `EngineError`, the failure that the predictions depend on.
    public func values(
        fileID: StaticString = #fileID, line: UInt = #line
    ) throws(EngineError) -> [(name: String, value: Double)] {
        var values: [(name: String, value: Double)] = []
        for (name, metric) in metrics {
            values.append((name, try metric.value(fileID: fileID, line: line)))
        }
        return values
    }

    /// Forgets all batches.
    public mutating func reset() {
        for index in metrics.indices { metrics[index].metric.reset() }
    }
}
