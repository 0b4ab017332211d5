package import BraidRuntime

/// A rule that moves a weight along its gradient. Use the static factories: `.sgd(…)`, `.adam(…)`.
public struct Optimizer: Sendable {
    /// One rule: the state it keeps per weight, and a step. A step computes with arrays only, so that
    /// it can be traced.
    package protocol Rule: Sendable {
        /// How many arrays of a weight's type, zeros at first, belong to the weight.
        var stateCount: Int { get }
        /// Moves `weight` in place.
        /// - Parameters:
        ///   - state: `stateCount` arrays, changed where they are kept.
        ///   - step: f64 [], 1 at the first step.
        func update(
            _ weight: inout NDArray, _ gradient: NDArray, _ state: [Parameter], step: NDArray)
    }

    package let rule: any Rule

    package init(_ rule: any Rule) { self.rule = rule }
}
