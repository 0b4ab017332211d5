package import BraidRuntime

/// A rule that moves a weight along its gradient. Use the static factories: `.sgd(…)`, `.adam(…)`.
public struct Optimizer: Sendable {
    /// One rule: the state it keeps per weight, and a step.
    package protocol Rule: Sendable {
        /// The state that belongs to a weight.
        func makeState(for weight: NDArray) -> [NDArray]
        /// Moves `weight` in place.
        /// - Parameter step: 1 at the first step.
        func update(
            _ weight: inout NDArray, _ gradient: NDArray, _ state: inout [NDArray], step: Int)
    }

    package let rule: any Rule

    package init(_ rule: any Rule) { self.rule = rule }
}
