import Braid

/// The accuracy on test samples, and how many of them have scores that tell no class from another.
struct TestAccuracy {
    private var accuracy = Accuracy()
    private var sampleCount = 0
    /// Samples whose highest score is a finite number, i64 []. Others may be -inf, as of classes that are
    /// masked.
    private var soundCount = NDArray(Int64(0))

    /// Adds a batch of scores `[batch, classes]`.
    mutating func update(_ scores: NDArray, _ labels: NDArray) {
        accuracy.update(scores, labels)
        sampleCount += scores.shape[0]
        soundCount += scores.max(over: 1).isFinite().sum()
    }

    /// - Throws: `EngineError`, the failure that the scores depend on.
    func value() throws(EngineError) -> Double { try accuracy.value() }

    /// What is wrong with the scores; nil when each sample's highest one is a number.
    /// - Throws: `EngineError`, the failure that the scores depend on.
    func problem() throws(EngineError) -> String? {
        let count = sampleCount - Int(try soundCount.scalar(as: Int64.self))
        if count == 0 { return nil }
        return "the scores of \(count) of \(sampleCount) test samples are infinite or not a number"
    }
}
