import BraidCore
import BraidOperators
import BraidRuntime

extension Optimizer {
    /// Adam with Nesterov's momentum (Dozat, ICLR 2016 workshop), whose momentum grows as
    /// `beta1 (1 - 0.96^(t · momentumDecay) / 2)`.
    ///
    /// - Precondition: the betas are in `0..<1`, and no other argument is negative.
    public static func nadam(
        learningRate: Double = 2e-3, beta1: Double = 0.9, beta2: Double = 0.999,
        epsilon: Double = 1e-8, momentumDecay: Double = 0.004, weightDecay: Double = 0,
        fileID: StaticString = #fileID, line: UInt = #line
    ) -> Optimizer {
        ArgumentCheck("nadam", fileID, line).numbers(notNegative: ["momentumDecay": momentumDecay])
        return Optimizer(
            Nadam(
                moments: Moments(ArgumentCheck("nadam", fileID, line), beta1, beta2, epsilon),
                momentumDecay: momentumDecay),
            learningRate: learningRate, weightDecay: weightDecay, fileID: fileID, line: line)
    }
}

struct Nadam: OptimizerRule {
    let name = "nadam"
    let moments: Moments
    let momentumDecay: Double

    func initialState(for weight: TensorType) -> KeyValuePairs<String, NDArray> {
        [
            "mean": .zeros(weight), "square": .zeros(weight),
            "momentum_product": .ones([], dtype: .f64),
        ]
    }

    func update(_ weight: inout NDArray, _ step: OptimizerStep) {
        let product = step.state[2]
        func momentum(_ count: NDArray) -> NDArray {
            (1 - NDArray.power(0.96, count * momentumDecay) * 0.5) * moments.beta1
        }
        let (now, next) = (momentum(step.count), momentum(step.count + 1))
        product.update { $0 *= now }
        moments.average(in: step.gradient, step.state)
        let gathered = product.wrappedValue
        let ofGradient = (1 - now) / (1 - gathered)
        let ofMean = next / (1 - gathered * next)
        let direction =
            step.gradient * ofGradient.cast(to: weight.dtype)
            + step.state[0].wrappedValue * ofMean.cast(to: weight.dtype)
        step.move(&weight, against: direction / moments.root(step))
    }
}
