import BraidCore
public import BraidEngine
import BraidOperators
public import BraidRuntime

/// The share of labels that have the highest score.
public struct Accuracy: Metric {
    private var share = RunningMean()

    /// A metric that has seen nothing.
    public init() {}

    /// Adds a batch.
    /// - Parameters:
    ///   - scores: `[batch, classes, …]`, or predicted classes in the labels' shape.
    ///   - labels: integers `[batch, …]`.
    public mutating func update(_ scores: NDArray, _ labels: NDArray) {
        let predicted = scores.predictedClasses(for: labels)
        share.add(predicted .== labels.cast(to: .i64))
    }

    /// The share seen so far; 0 before the first update.
    /// - Throws: `EngineError`, the failure that the scores depend on.
    public func value() throws(EngineError) -> Double { try share.value() }

    /// Forgets all batches.
    public mutating func reset() { self = Accuracy() }
}

extension NDArray {
    /// From scores `[batch, classes, …]` to the classes with the highest ones; classes stay as they are.
    func predictedClasses(for labels: NDArray) -> NDArray {
        let scores = detached()
        return scores.shape == labels.shape
            ? scores.cast(to: .i64) : scores.argmax(over: 1)
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
    public func value() throws(EngineError) -> Double { try mean.value() }

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
    public func values() throws(EngineError) -> [(name: String, value: Double)] {
        var values: [(name: String, value: Double)] = []
        for (name, metric) in metrics { values.append((name, try metric.value())) }
        return values
    }

    /// Forgets all batches.
    public mutating func reset() {
        for index in metrics.indices { metrics[index].metric.reset() }
    }
}
