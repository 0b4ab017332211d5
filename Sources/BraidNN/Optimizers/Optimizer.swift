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
        ArrayError.check(
            learningRate >= 0 && weightDecay >= 0, in: rule.name,
            "learning rate and weight decay must not be negative")
        self.rule = rule
        self.learningRate = learningRate
        self.weightDecay = weightDecay
    }

    /// Stops at decays of running means outside `0..<1`, and at numbers that must not be negative.
    static func check(
        _ name: String, decays: [Double] = [], notNegative: [Double] = []
    ) {
        ArrayError.check(
            decays.allSatisfy { (0..<1).contains($0) }, in: name,
            "betas and decays must be in 0..<1, not \(decays)")
        ArrayError.check(
            notNegative.allSatisfy { $0 >= 0 }, in: name,
            "momentum, epsilon and the like must not be negative, not \(notNegative)")
    }
}
