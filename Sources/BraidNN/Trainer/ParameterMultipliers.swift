import BraidCore

/// What the learning rate and the weight decay of some parameters are multiplied by.
///
/// ```swift
/// Trainer(network.parameters, .adamW(), multipliers: [
///     ParameterMultipliers("*.bias", weightDecay: 0),
///     ParameterMultipliers("body.*", learningRate: 0.1),
/// ])
/// ```
public struct ParameterMultipliers: Hashable, Sendable {
    let pattern: NamePattern
    let learningRate: Double
    let weightDecay: Double

    /// Factors for the parameters whose names fit a pattern, in which `*` stands for any characters,
    /// dots too.
    /// - Precondition: no factor is negative.
    public init(_ pattern: String, learningRate: Double = 1, weightDecay: Double = 1) {
        for (name, value) in [("learningRate", learningRate), ("weightDecay", weightDecay)] {
            ArrayError.check(
                value >= 0 && value.isFinite, in: "multipliers of '\(pattern)'",
                "the \(name) \(value) is negative or not finite")
        }
        self.pattern = NamePattern(pattern)
        self.learningRate = learningRate
        self.weightDecay = weightDecay
    }

    /// The factors for each parameter: the products of all that fit its name.
    static func resolve(
        _ multipliers: [ParameterMultipliers], for parameters: ParameterList
    ) -> [(learningRate: Double, weightDecay: Double)] {
        for row in multipliers where !parameters.contains(where: { row.pattern.matches($0.name) }) {
            ArrayError(
                .invalidValue, in: "trainer",
                "no parameter's name fits '\(row.pattern)'; \(parameters.nameListing)"
            ).report()
        }
        return parameters.map { element in
            multipliers.filter { $0.pattern.matches(element.name) }.reduce((1, 1)) {
                ($0.0 * $1.learningRate, $0.1 * $1.weightDecay)
            }
        }
    }
}
