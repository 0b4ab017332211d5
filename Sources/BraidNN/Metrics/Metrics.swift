import BraidCore
public import BraidEngine
import BraidOperators
public import BraidRuntime

/// The share of samples whose highest score is at the label.
///
/// Updates are array operations and do not wait; only `value()` does.
public struct Accuracy: Sendable {
    private var correct = NDArray(Int64(0))
    private var count = 0

    /// A metric that has seen nothing.
    public init() {}

    /// Adds a batch.
    /// - Parameters:
    ///   - scores: `[batch, classes]`.
    ///   - labels: integers `[batch]`.
    public mutating func update(_ scores: NDArray, _ labels: NDArray) {
        let predicted = scores.detached().argmax(over: 1)
        correct += (predicted .== labels.cast(to: .i64)).cast(to: .i64).sum()
        count += labels.count
    }

    /// The share seen so far; 0 before the first update.
    /// - Throws: `EngineError`, the failure that the scores depend on.
    public func value() throws(EngineError) -> Double {
        let correct = try correct.scalar(as: Int64.self)
        return count == 0 ? 0 : Double(correct) / Double(count)
    }
}

/// The mean of per-sample losses.
public struct MeanLoss: Sendable {
    private var sum = NDArray(Double(0))
    private var count = 0

    /// A metric that has seen nothing.
    public init() {}

    /// Adds the losses of a batch, `[batch]`.
    public mutating func update(_ losses: NDArray) {
        sum += losses.detached().cast(to: .f64).sum()
        count += losses.count
    }

    /// The mean so far; 0 before the first update.
    /// - Throws: `EngineError`, the failure that the losses depend on.
    public func value() throws(EngineError) -> Double {
        let sum = try sum.scalar(as: Double.self)
        return count == 0 ? 0 : sum / Double(count)
    }
}
