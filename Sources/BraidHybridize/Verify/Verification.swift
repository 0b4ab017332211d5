package import Braid

/// What eager and compiled computation came to: a row for each choice of passes. All passes that there
/// are keep every bit, so that the smallest deviation is a failure.
package struct Verification {
    /// Which passes run.
    package struct Choice {
        /// As `constant-folding alone`.
        package let name: String
        package let passes: [String]

        var options: OptimizationOptions {
            OptimizationOptions(
                disabling: Set(OptimizationPipeline.passNames).subtracting(passes),
                verifying: true)
        }

        /// No pass, each alone, all.
        package static var all: [Choice] {
            let passes = OptimizationPipeline.passNames
            return [Choice(name: "none", passes: [])]
                + passes.map { Choice(name: "\($0) alone", passes: [$0]) }
                + [Choice(name: "all", passes: passes)]
        }
    }

    package struct Row {
        package let choice: Choice
        package let values: Deviation
        /// Nil when there are no gradients.
        package let gradients: Deviation?

        package var isPassed: Bool {
            values.differingCount == 0 && (gradients?.differingCount ?? 0) == 0
        }
    }

    /// What was verified: the network's name or the file.
    package let subject: String
    package let inputs: [TensorType]
    package let seed: UInt64
    package let rows: [Row]
    /// Why no gradients were compared; nil when they were.
    package let gradientProblem: String?

    package var isPassed: Bool { rows.allSatisfy(\.isPassed) }
}

/// What one way of computing gives.
struct Outcome {
    let values: [NamedArray]
    let gradients: [NamedArray]

    /// The row of a choice of passes that gave this.
    /// - Throws: the failure that elements depend on.
    func row(
        _ choice: Verification.Choice, against expected: Outcome, hasGradients: Bool
    ) throws -> Verification.Row {
        var (values, gradients) = (Deviation(), Deviation())
        try values.compare(self.values, with: expected.values)
        try gradients.compare(self.gradients, with: expected.gradients)
        return Verification.Row(
            choice: choice, values: values, gradients: hasGradients ? gradients : nil)
    }
}
