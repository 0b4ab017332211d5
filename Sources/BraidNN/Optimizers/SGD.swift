import BraidCore
import BraidOperators
import BraidRuntime

extension Optimizer {
    /// Stochastic gradient descent: `v ← momentum v + g + weightDecay w`, `w ← w - learningRate v`.
    ///
    /// - Precondition: no argument is negative.
    public static func sgd(
        learningRate: Double, momentum: Double = 0, weightDecay: Double = 0,
        fileID: StaticString = #fileID, line: UInt = #line
    ) -> Optimizer {
        ArgumentCheck("sgd", fileID, line).numbers(notNegative: ["momentum": momentum])
        return Optimizer(
            StochasticGradientDescent(momentum: momentum, looksAhead: false),
            learningRate: learningRate, weightDecay: weightDecay, fileID: fileID, line: line)
    }

    /// Nesterov's accelerated gradient (Sutskever et al., ICML 2013): as `sgd`, but moving by
    /// `g + momentum v`, with the new `v`.
    ///
    /// - Precondition: no argument is negative.
    public static func nag(
        learningRate: Double, momentum: Double = 0.9, weightDecay: Double = 0,
        fileID: StaticString = #fileID, line: UInt = #line
    ) -> Optimizer {
        ArgumentCheck("nag", fileID, line).numbers(notNegative: ["momentum": momentum])
        return Optimizer(
            StochasticGradientDescent(momentum: momentum, looksAhead: true),
            learningRate: learningRate, weightDecay: weightDecay, fileID: fileID, line: line)
    }
}

struct StochasticGradientDescent: OptimizerRule {
    let momentum: Double
    let looksAhead: Bool

    var name: String { looksAhead ? "nag" : "sgd" }

    func initialState(for weight: TensorType) -> KeyValuePairs<String, NDArray> {
        momentum == 0 ? [:] : ["velocity": .zeros(weight)]
    }

    func update(_ weight: inout NDArray, _ step: OptimizerStep) {
        guard let velocity = step.state.first else {
            return step.move(&weight, against: step.gradient)
        }
        velocity.update {
            $0 *= momentum
            $0 += step.gradient
        }
        let direction = velocity.wrappedValue
        step.move(
            &weight, against: looksAhead ? step.gradient + direction * momentum : direction)
    }
}
