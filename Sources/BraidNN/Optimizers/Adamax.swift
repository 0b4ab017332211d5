import BraidCore
import BraidOperators
import BraidRuntime

extension Optimizer {
    /// Adamax (Kingma and Ba, ICLR 2015): Adam with the largest magnitude, which decays, in the place
    /// of the root of the mean square.
    ///
    /// - Precondition: the betas are in `0..<1`, and no other argument is negative.
    public static func adamax(
        learningRate: Double = 2e-3, beta1: Double = 0.9, beta2: Double = 0.999,
        epsilon: Double = 1e-8, weightDecay: Double = 0,
        fileID: StaticString = #fileID, line: UInt = #line
    ) -> Optimizer {
        Optimizer(
            Adamax(moments: Moments(ArgumentCheck("adamax", fileID, line), beta1, beta2, epsilon)),
            learningRate: learningRate,
            weightDecay: weightDecay, fileID: fileID, line: line)
    }
}

struct Adamax: OptimizerRule {
    let name = "adamax"
    let moments: Moments

    func initialState(for weight: TensorType) -> KeyValuePairs<String, NDArray> {
        ["mean": .zeros(weight), "largest": .zeros(weight)]
    }

    func update(_ weight: inout NDArray, _ step: OptimizerStep) {
        let (mean, largest) = (step.state[0], step.state[1])
        mean.average(in: step.gradient, decay: moments.beta1)
        largest.update {
            $0 = maximum($0 * moments.beta2, step.gradient.abs() + moments.epsilon)
        }
        let rate = step.learningRate / step.share(ofMeanWithDecay: moments.beta1)
        weight -= mean.wrappedValue / largest.wrappedValue * rate.cast(to: weight.dtype)
    }
}
