import BraidCore
import BraidOperators
import BraidRuntime

/// Running means of gradients and of their squares, as Adam and its relatives have them.
struct Moments {
    let beta1: Double
    let beta2: Double
    let epsilon: Double

    init(_ check: ArgumentCheck, _ beta1: Double, _ beta2: Double, _ epsilon: Double) {
        check.numbers(
            decays: ["beta1": beta1, "beta2": beta2], notNegative: ["epsilon": epsilon])
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
    }

    /// Lets a gradient into both means, the first two arrays of `state`.
    func average(in gradient: NDArray, _ state: [Parameter]) {
        state[0].average(in: gradient, decay: beta1)
        state[1].average(in: gradient.square(), decay: beta2)
    }

    /// The root of the mean square, corrected for its start at zero, plus epsilon.
    func root(_ step: OptimizerStep) -> NDArray {
        let share = step.share(ofMeanWithDecay: beta2)
        var root = step.state[1].wrappedValue.squareRoot()
        root *= share.reciprocalSquareRoot().cast(to: root.dtype)
        root += epsilon
        return root
    }

    /// The mean over the root, both corrected for their start at zero.
    func direction(_ step: OptimizerStep) -> NDArray {
        let share = step.share(ofMeanWithDecay: beta1)
        let quotient = step.state[0].wrappedValue / root(step)
        return quotient * share.reciprocal().cast(to: quotient.dtype)
    }
}
