import BraidCore
public import BraidEngine
import BraidOperators
public import BraidRuntime

/// How often each class is predicted for each label.
struct ConfusionMatrix: Sendable {
    private let classes: Int
    private let threshold: Double
    /// f64 `[labels, predictions]`.
    private var counts: NDArray

    init(classes: Int, threshold: Double, in metric: String) {
        let isPossible = ArrayError.check(
            (2..<(1 << 31)).contains(classes), in: metric,
            "the classes, \(classes), are out of range; expected 2..<2^31")
        let classes = isPossible ? classes : 2
        self.classes = classes
        self.threshold = MeanMetric.checked(threshold: threshold, in: metric)
        counts = .zeros([classes, classes], dtype: .f64)
    }

    /// Adds scores `[batch, classes]`, or probabilities of class 1 or classes in the labels' shape. From a
    /// NaN among them on all counts are NaN.
    mutating func add(_ predictions: NDArray, _ labels: NDArray) {
        let predictions = predictions.detached()
        guard predictions.arePredictions(for: labels, in: "metric") else { return }
        let found =
            predictions.shape == labels.shape && predictions.dtype.isFloating
            ? (predictions .> threshold).cast(to: .i64) : predictions.predictedClasses(for: labels)
        func hot(_ array: NDArray) -> NDArray {
            array.cast(to: .i64).flattened().oneHot(classes: classes, dtype: .f64)
        }
        counts += hot(labels.detached()).transposed().matmul(hot(found))
        let isUnknown = predictions.isNaN().any() .| labels.detached().isNaN().any()
        counts = select(isUnknown, .full([], .nan, dtype: .f64), counts)
    }

    mutating func reset() { counts = .zeros([classes, classes], dtype: .f64) }

    /// Rows of labels, columns of predictions.
    func rows(_ fileID: StaticString, _ line: UInt) throws(EngineError) -> [[Double]] {
        let all = try counts.scalars(as: Double.self, fileID: fileID, line: line)
        return (0..<classes).map { Array(all[$0 * classes..<($0 + 1) * classes]) }
    }
}

/// F-scores: the harmonic mean of precision and recall, in which recall counts `beta` times as much
/// (F1 with a beta of 1). Of two classes it is the score of class 1, of more the mean of all classes'
/// scores (macro average).
public struct FBeta: Metric {
    /// `beta² / (1 + beta²)`, which is finite for every beta.
    private let recallShare: Double
    private var matrix: ConfusionMatrix

    /// A metric that has seen nothing.
    /// - Parameters:
    ///   - classes: the number of classes.
    ///   - threshold: from which probability on class 1 of two is predicted.
    /// - Precondition: `beta` is positive and finite, `threshold` is finite, and there are two classes or
    ///   more.
    public init(beta: Double = 1, classes: Int = 2, threshold: Double = 0.5) {
        ArrayError.check(
            beta > 0 && beta.isFinite, in: "F score", "the beta \(beta) is not above 0 and finite")
        recallShare = beta > 1 ? 1 / (1 + 1 / beta / beta) : beta * beta / (1 + beta * beta)
        matrix = ConfusionMatrix(classes: classes, threshold: threshold, in: "F score")
    }

    /// Adds a batch.
    /// - Parameters:
    ///   - predictions: scores `[batch, classes]`, probabilities of class 1 `[batch]`, or predicted
    ///     classes, integers `[batch]`.
    ///   - labels: integers `[batch]`.
    public mutating func update(_ predictions: NDArray, _ labels: NDArray) {
        matrix.add(predictions, labels)
    }

    /// The score so far; that of a class that is neither predicted nor a label is 0. NaN after a prediction
    /// of NaN.
    /// - Throws: `EngineError`, the failure that the predictions depend on.
    public func value(fileID: StaticString, line: UInt) throws(EngineError) -> Double {
        let rows = try matrix.rows(fileID, line)
        let scores = rows.indices.map { index in
            let hits = rows[index][index]
            let labels = rows[index].reduce(0, +)
            let predictions = rows.reduce(0) { $0 + $1[index] }
            let denominator = recallShare * labels + (1 - recallShare) * predictions
            return denominator == 0 ? 0 : hits / denominator
        }
        return scores.count == 2 ? scores[1] : scores.reduce(0, +) / Double(scores.count)
    }

    /// Forgets all batches.
    public mutating func reset() { matrix.reset() }
}

/// Matthews' correlation coefficient of labels and predicted classes, from -1 to 1; of more than two
/// classes the `R_K` statistic (Gorodkin, 2004), which Gluon calls PCC.
public struct MatthewsCorrelation: Metric {
    private var matrix: ConfusionMatrix

    /// A metric that has seen nothing.
    /// - Parameters:
    ///   - classes: the number of classes.
    ///   - threshold: from which probability on class 1 of two is predicted.
    /// - Precondition: there are two classes or more, and `threshold` is finite.
    public init(classes: Int = 2, threshold: Double = 0.5) {
        matrix = ConfusionMatrix(
            classes: classes, threshold: threshold, in: "Matthews correlation")
    }

    /// Adds a batch.
    /// - Parameters:
    ///   - predictions: scores `[batch, classes]`, probabilities of class 1 `[batch]`, or predicted
    ///     classes, integers `[batch]`.
    ///   - labels: integers `[batch]`.
    public mutating func update(_ predictions: NDArray, _ labels: NDArray) {
        matrix.add(predictions, labels)
    }

    /// The coefficient so far; 0 when all labels or all predictions are of one class, NaN after a
    /// prediction of NaN.
    /// - Throws: `EngineError`, the failure that the predictions depend on.
    public func value(fileID: StaticString, line: UInt) throws(EngineError) -> Double {
        let rows = try matrix.rows(fileID, line)
        let count = rows.reduce(0) { $0 + $1.reduce(0, +) }
        let labels = rows.map { $0.reduce(0, +) }
        let predictions = rows.indices.map { index in rows.reduce(0) { $0 + $1[index] } }
        func dot(_ a: [Double], _ b: [Double]) -> Double {
            zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
        }
        let hits = rows.indices.reduce(0) { $0 + rows[$1][$1] }
        let spread =
            (count * count - dot(labels, labels))
            * (count * count - dot(predictions, predictions))
        return spread == 0
            ? 0 : (hits * count - dot(labels, predictions)) / spread.squareRoot()
    }

    /// Forgets all batches.
    public mutating func reset() { matrix.reset() }
}
