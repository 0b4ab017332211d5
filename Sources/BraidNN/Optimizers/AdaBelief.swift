import BraidCore
import BraidOperators
import BraidRuntime

extension Optimizer {
    /// AdaBelief (Zhuang et al., NeurIPS 2020): Adam with the mean square of what the running mean
    /// did not expect, `s ← beta2 s + (1 - beta2) (g - m)² + epsilon`.
    ///
    /// - Precondition: the betas are in `0..<1`, and no other argument is negative.
    public static func adaBelief(
        learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999,
        epsilon: Double = 1e-8, weightDecay: Double = 0,
        fileID: StaticString = #fileID, line: UInt = #line
    ) -> Optimizer {
        Optimizer(
            AdaBelief(
                moments: Moments(ArgumentCheck("adabelief", fileID, line), beta1, beta2, epsilon)),
            learningRate: learningRate, weightDecay: weightDecay, fileID: fileID, line: line)
    }
}

struct AdaBelief: OptimizerRule {
    let name = "adabelief"
    let moments: Moments

    func initialState(for weight: TensorType) -> KeyValuePairs<String, NDArray> {
        ["mean": .zeros(weight), "variance": .zeros(weight)]
    }

    func update(_ weight: inout NDArray, _ step: OptimizerStep) {
        let (mean, variance) = (step.state[0], step.state[1])
        mean.average(in: step.gradient, decay: moments.beta1)
        let surprise = step.gradient - mean.wrappedValue
        variance.average(in: surprise.square(), decay: moments.beta2)
        variance.update { $0 += moments.epsilon }
        step.move(&weight, against: moments.direction(step))
    }
}
