import BraidCore

/// How weights move along their gradients, how fast, and how strongly they decay. The static factories
/// are the rules of the field: `.sgd(…)`, `.adam(…)`, …
public struct Optimizer: Sendable {
    /// The rule.
    public let rule: any OptimizerRule
    /// The learning rate before a schedule and the multipliers of parameters.
    public let learningRate: Double
    /// How strongly weights are drawn towards 0, before the multipliers of parameters.
    public let weightDecay: Double

    /// An optimiser with a rule of your own.
    /// - Precondition: neither number is negative.
    public init(_ rule: any OptimizerRule, learningRate: Double, weightDecay: Double = 0) {
        for (name, value) in [("learningRate", learningRate), ("weightDecay", weightDecay)] {
            ArrayError.check(
                value >= 0 && value.isFinite, in: rule.name,
                "the \(name) \(value) is negative or not finite")
        }
        self.rule = rule
        self.learningRate = learningRate
        self.weightDecay = weightDecay
    }

    /// Reports decays of running means outside `0..<1`, and numbers that must not be negative, by the names
    /// of their arguments.
    static func check(
        _ name: String, decays: KeyValuePairs<String, Double> = [:],
        notNegative: KeyValuePairs<String, Double> = [:]
    ) {
        for (argument, value) in decays {
            ArrayError.check(
                (0..<1).contains(value), in: name,
                "the \(argument) \(value) is out of range; expected 0..<1")
        }
        for (argument, value) in notNegative {
            ArrayError.check(
                value >= 0 && value.isFinite, in: name,
                "the \(argument) \(value) is negative or not finite")
        }
    }
}
