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

    var stateCount: Int { momentum == 0 ? 0 : 1 }

    func update(
        _ weight: inout NDArray, _ gradient: NDArray, _ state: [Parameter], step: NDArray
    ) {
        let slope = weightDecay == 0 ? gradient : gradient + weight * weightDecay
        guard let velocity = state.first else {
            weight -= slope * learningRate
            return
        }
        velocity.update {
            $0 *= momentum
            $0 += slope
        }
        weight -= velocity.wrappedValue * learningRate
    }
}
