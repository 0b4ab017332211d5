import BraidCore
import BraidOperators
import BraidRuntime

extension Optimizer {
    /// Adam (Kingma and Ba, ICLR 2015): running means of the gradient and of its square, both
    /// corrected for their start at zero. Weight decay is added to the gradient.
    ///
    /// - Precondition: the betas are in `0..<1`, and no other argument is negative.
    public static func adam(
        learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999,
        epsilon: Double = 1e-8, weightDecay: Double = 0,
        fileID: StaticString = #fileID, line: UInt = #line
    ) -> Optimizer {
        Optimizer(
            Adam(
                moments: Moments(ArgumentCheck("adam", fileID, line), beta1, beta2, epsilon),
                appliesWeightDecay: false), learningRate: learningRate, weightDecay: weightDecay,
            fileID: fileID, line: line)
    }

    /// Adam with decoupled weight decay (Loshchilov and Hutter, ICLR 2019): the weight shrinks by
    /// `learningRate · weightDecay` beside the step.
    ///
    /// - Precondition: the betas are in `0..<1`, and no other argument is negative.
    public static func adamW(
        learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999,
        epsilon: Double = 1e-8, weightDecay: Double = 0.01,
        fileID: StaticString = #fileID, line: UInt = #line
    ) -> Optimizer {
        Optimizer(
            Adam(
                moments: Moments(ArgumentCheck("adamw", fileID, line), beta1, beta2, epsilon),
                appliesWeightDecay: true), learningRate: learningRate,
            weightDecay: weightDecay, fileID: fileID, line: line)
    }
}

struct Adam: OptimizerRule {
    let moments: Moments
    let appliesWeightDecay: Bool

    var name: String { appliesWeightDecay ? "adamw" : "adam" }

    func initialState(for weight: TensorType) -> KeyValuePairs<String, NDArray> {
        ["mean": .zeros(weight), "square": .zeros(weight)]
    }

    func update(_ weight: inout NDArray, _ step: OptimizerStep) {
        if appliesWeightDecay { step.decay(&weight) }
        moments.average(in: step.gradient, step.state)
        // Both corrections meet in one factor.
        let rate = step.learningRate / step.share(ofMeanWithDecay: moments.beta1)
        weight -=
            step.state[0].wrappedValue / moments.root(step) * rate.cast(to: weight.dtype)
    }
}
