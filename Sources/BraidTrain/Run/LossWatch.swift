import Braid

/// Looks at the losses of a run, step by step, some steps behind, so that none has to be waited for.
struct LossWatch {
    private struct Step {
        /// Counted from 1 over the whole run.
        let number: Int
        let epoch: Int
        /// Counted from 1 in the epoch.
        let batch: Int
        let losses: NDArray
        let labels: NDArray
    }

    /// So many steps are looked at together.
    private static let interval = 64
    /// So many steps later: they are computed by then.
    private static let lag = 16

    /// What a label has to be below.
    let classes: Int
    let learningRate: Double
    /// Whether only losses that could not be computed at all are failures.
    let allowsNaN: Bool
    private var stepCount = 0
    private var pending: [Step] = []

    init(classes: Int, learningRate: Double, allowsNaN: Bool) {
        self.classes = classes
        self.learningRate = learningRate
        self.allowsNaN = allowsNaN
    }

    /// Remembers the losses of a step, and looks at those of some time ago.
    /// - Throws: as `lookAtAll`.
    mutating func add(_ losses: NDArray, of labels: NDArray, epoch: Int, batch: Int) throws {
        stepCount += 1
        pending.append(
            Step(number: stepCount, epoch: epoch, batch: batch, losses: losses, labels: labels))
        if pending.count == Self.interval + Self.lag { try look(at: Self.interval) }
    }

    /// Looks at the losses of all steps.
    /// - Throws: `TrainingFailure` naming the first step whose loss is no finite number; what data threw
    ///   while they were loaded.
    mutating func lookAtAll() throws { try look(at: pending.count) }

    private mutating func look(at count: Int) throws {
        let steps = pending.prefix(count)
        pending.removeFirst(count)
        for step in steps {
            let losses: [Double]
            do throws(EngineError) {
                losses = try step.losses.cast(to: .f64).scalars(as: Double.self)
            } catch {
                // Files that cannot be read are no failure of the training.
                guard let mistake = error.underlying as? ArrayError else { throw error }
                throw failure(
                    of: step, "could not be computed: \(wrongLabel(in: step) ?? "\(mistake)")")
            }
            guard !allowsNaN, let bad = losses.first(where: { !$0.isFinite }) else { continue }
            throw failure(of: step, "is \(bad): \(cause(of: step)); --allow-nan goes on")
        }
    }

    private func failure(of step: Step, _ what: String) -> TrainingFailure {
        TrainingFailure(
            description:
                "the loss of step \(step.number) (epoch \(step.epoch), batch \(step.batch)) "
                + "\(what); no file was written")
    }

    /// What probably made a loss infinite or NaN.
    private func cause(of step: Step) -> String {
        if let wrongLabel = wrongLabel(in: step) { return wrongLabel }
        if step.number == 1 {
            return
                "it is the first step, so look at the numbers in the data: they should be finite and "
                + "around -1...1"
        }
        return
            "the learning rate \(learningRate) is probably too large; try a smaller --learning-rate, "
            + "--warm-up-steps or --clip-norm"
    }

    /// The first label that no class has; nil when all are right.
    private func wrongLabel(in step: Step) -> String? {
        let labels = (try? step.labels.cast(to: .i64).scalars(as: Int64.self)) ?? []
        return labels.first { !(0..<Int64(classes)).contains($0) }
            .map { "the batch has the label \($0), outside 0..<\(classes)" }
    }
}

/// A training that came to nothing.
struct TrainingFailure: Error, CustomStringConvertible {
    let description: String
}
