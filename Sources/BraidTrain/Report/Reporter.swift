/// Where a run stands.
struct Progress {
    let epoch: Int
    let epochs: Int
    let batch: Int
    let batches: Int
    let loss: Double
    /// On the training samples of this epoch.
    let accuracy: Double
    let samplesPerSecond: Double
}

/// One sample and what the network takes it for.
struct Prediction {
    /// Columns between a drawing and the next.
    static let gap = 2
    /// Lines of text; none for what cannot be drawn.
    let drawing: [String]
    let predicted: Int
    let label: Int
}

/// Tells the user, or a script, what happens.
protocol Reporter {
    func warn(_ message: String)
    func started(model: String, data: String, trainingCount: Int, testCount: Int, threads: Int)
    /// Whether `batch` is called for this batch: reading the metrics waits for the engine.
    func wantsBatch(_ batch: Int, of batches: Int) -> Bool
    func batch(_ progress: Progress)
    func epoch(_ progress: Progress, testAccuracy: Double)
    /// - Parameter output: the file that was written.
    func finished(
        model: String, data: String, testAccuracy: Double, samplesPerSecond: Double, output: String?
    )
    func evaluated(model: String, testAccuracy: Double, samples: [Prediction])
}
