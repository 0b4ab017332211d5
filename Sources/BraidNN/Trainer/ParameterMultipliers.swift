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
    public init(
        _ pattern: String, learningRate: Double = 1, weightDecay: Double = 1,
        fileID: StaticString = #fileID, line: UInt = #line
    ) {
        ArgumentCheck("multipliers of '\(pattern)'", fileID, line).numbers(
            notNegative: ["learningRate": learningRate, "weightDecay": weightDecay])
        self.pattern = NamePattern(pattern)
        self.learningRate = learningRate
        self.weightDecay = weightDecay
    }

    /// The factors for each parameter: the products of all that fit its name.
    static func resolve(
        _ multipliers: [ParameterMultipliers], for parameters: ParameterList,
        _ check: ArgumentCheck
    ) -> [(learningRate: Double, weightDecay: Double)] {
        for row in multipliers where !parameters.contains(where: { row.pattern.matches($0.name) }) {
            check.require(
                false, "no parameter's name fits '\(row.pattern)'; \(parameters.nameListing)")
        }
        return parameters.map { element in
            multipliers.filter { $0.pattern.matches(element.name) }.reduce((1, 1)) {
                ($0.0 * $1.learningRate, $0.1 * $1.weightDecay)
            }
        }
    }
}
