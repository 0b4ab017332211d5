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
    public init(
        _ rule: any OptimizerRule, learningRate: Double, weightDecay: Double = 0,
        fileID: StaticString = #fileID, line: UInt = #line
    ) {
        ArgumentCheck(rule.name, fileID, line).numbers(
            notNegative: ["learningRate": learningRate, "weightDecay": weightDecay])
        self.rule = rule
        self.learningRate = learningRate
        self.weightDecay = weightDecay
    }
}
