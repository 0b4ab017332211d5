import BraidCore
import BraidOperators
import BraidRuntime

extension Optimizer {
    /// LARS (You et al., 2017): momentum with a learning rate for each parameter,
    /// `learningRate · trust · |w| / (|g| + weightDecay |w| + epsilon)`, which is just the learning
    /// rate where either norm is 0.
    ///
    /// - Precondition: no argument is negative.
    public static func lars(
        learningRate: Double = 0.1, momentum: Double = 0.9, trust: Double = 0.001,
        epsilon: Double = 1e-8, weightDecay: Double = 0,
        fileID: StaticString = #fileID, line: UInt = #line
    ) -> Optimizer {
        ArgumentCheck("lars", fileID, line).numbers(notNegative: [
            "momentum": momentum, "trust": trust, "epsilon": epsilon,
        ])
        return Optimizer(
            LARS(momentum: momentum, trust: trust, epsilon: epsilon), learningRate: learningRate,
            weightDecay: weightDecay, fileID: fileID, line: line)
    }
}

struct LARS: OptimizerRule {
    let name = "lars"
    let appliesWeightDecay = true
    let momentum: Double
    let trust: Double
    let epsilon: Double

    func initialState(for weight: TensorType) -> KeyValuePairs<String, NDArray> {
        ["velocity": .zeros(weight)]
    }

    func update(_ weight: inout NDArray, _ step: OptimizerStep) {
        let (length, slope) = (weight.norm(), step.gradient.norm())
        let ratio = length * trust / (slope + length * step.weightDecay + epsilon)
        let own = select((length .> 0) .& (slope .> 0), ratio, .ones([], dtype: weight.dtype))
        let direction = step.gradient + weight * step.weightDecay
        let velocity = step.state[0]
        velocity.update {
            $0 *= momentum
            $0 += direction * (own * step.learningRate.cast(to: weight.dtype))
        }
        weight -= velocity.wrappedValue
    }
}
