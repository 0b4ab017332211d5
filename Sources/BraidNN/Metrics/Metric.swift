import BraidCore
public import BraidEngine
import BraidOperators
public import BraidRuntime

/// A number that says how well predictions fit labels, gathered over batches.
///
/// Updates are array operations and do not wait; only `value()` does.
///
/// ```swift
/// var error = MeanMetric.meanAbsoluteError
/// for batch in loader { error.update(network(batch.input), batch.label) }
/// print(try error.value())
/// ```
public protocol Metric: Sendable {
    /// Adds a batch.
    mutating func update(_ predictions: NDArray, _ labels: NDArray)
    /// The number for all batches since the start or the last `reset()`; 0 when there was none.
    /// - Throws: `EngineError`, the failure that the predictions depend on.
    func value(fileID: StaticString, line: UInt) throws(EngineError) -> Double
    /// Forgets all batches.
    mutating func reset()
}

extension Metric {
    /// The number for all batches since the start or the last `reset()`; 0 when there was none. The
    /// arguments name the caller in messages.
    /// - Throws: `EngineError`, the failure that the predictions depend on.
    public func value(
        _ fileID: StaticString = #fileID, _ line: UInt = #line
    ) throws(EngineError) -> Double {
        try value(fileID: fileID, line: line)
    }
}

/// A mean that is gathered over batches.
struct RunningMean: Sendable {
    /// f64 [].
    private var sum = NDArray(Double(0))
    private var weight = NDArray(Double(0))

    /// Adds all elements of an array that a step of training computes; leaves it out when that fails.
    mutating func addIfComputed(_ values: NDArray) {
        GuardedChanges.run(dependingOn: [values], keeping: []) { add(values) }
    }

    /// Adds all elements of an array, each with its weight if there are any.
    mutating func add(_ values: NDArray, weights: NDArray? = nil) {
        var values = values.detached().cast(to: .f64)
        if let weights = weights?.detached().cast(to: .f64) {
            // A weight of 0 takes out what it stands for, be it infinite or NaN.
            values = select(weights .!= 0, values * weights, .zeros([], dtype: .f64))
            weight += weights.sum()
        } else {
            weight += Double(values.count)
        }
        sum += values.sum()
    }

    /// f64 []; 0 of nothing.
    var array: NDArray { sum / select(weight .> 0, weight, .ones([], dtype: .f64)) }

    func value(fileID: StaticString, line: UInt) throws(EngineError) -> Double {
        try array.scalar(as: Double.self, fileID: fileID, line: line)
    }
}
