import BraidCore
import BraidOperators
import BraidRuntime

extension Optimizer {
    /// Stochastic gradient descent: `v ← momentum v + g + weightDecay w`, `w ← w - learningRate v`.
    ///
    /// - Precondition: no argument is negative.
    public static func sgd(
        learningRate: Double, momentum: Double = 0, weightDecay: Double = 0
    ) -> Optimizer {
        ArrayError.check(
            learningRate >= 0 && momentum >= 0 && weightDecay >= 0,
            in: "sgd",
            "learning rate, momentum and weight decay must not be negative")
        return Optimizer(
            StochasticGradientDescent(
                learningRate: learningRate, momentum: momentum, weightDecay: weightDecay))
    }
}

struct StochasticGradientDescent: Optimizer.Rule {
    let learningRate: Double
    let momentum: Double
    let weightDecay: Double

    func makeState(for weight: NDArray) -> [NDArray] {
        momentum == 0 ? [] : [.zeros(weight.shape, dtype: weight.dtype)]
    }

    func update(
        _ weight: inout NDArray, _ gradient: NDArray, _ state: inout [NDArray], step: Int
    ) {
        let slope = weightDecay == 0 ? gradient : gradient + weight * weightDecay
        guard momentum != 0 else {
            weight -= slope * learningRate
            return
        }
        state[0] *= momentum
        state[0] += slope
        weight -= state[0] * learningRate
    }
}
