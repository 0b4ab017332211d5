import BraidCore
import BraidOperators
import BraidRuntime

extension Optimizer {
    /// LAMB (You et al., ICLR 2020): AdamW's direction, as long as the weight is: the step of each
    /// parameter has the norm `learningRate · |w|`.
    ///
    /// - Precondition: the betas are in `0..<1`, and no other argument is negative.
    public static func lamb(
        learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999,
        epsilon: Double = 1e-6, weightDecay: Double = 0.01,
        fileID: StaticString = #fileID, line: UInt = #line
    ) -> Optimizer {
        Optimizer(
            LAMB(moments: Moments(ArgumentCheck("lamb", fileID, line), beta1, beta2, epsilon)),
            learningRate: learningRate,
            weightDecay: weightDecay, fileID: fileID, line: line)
    }

    /// LANS (Zheng et al., 2020): LAMB with gradients of norm 1 and Nesterov's momentum.
    ///
    /// - Precondition: the betas are in `0..<1`, and no other argument is negative.
    public static func lans(
        learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999,
        epsilon: Double = 1e-6, weightDecay: Double = 0.01,
        fileID: StaticString = #fileID, line: UInt = #line
    ) -> Optimizer {
        Optimizer(
            LANS(moments: Moments(ArgumentCheck("lans", fileID, line), beta1, beta2, epsilon)),
            learningRate: learningRate,
            weightDecay: weightDecay, fileID: fileID, line: line)
    }
}

struct LAMB: OptimizerRule {
    let name = "lamb"
    let appliesWeightDecay = true
    let moments: Moments

    func initialState(for weight: TensorType) -> KeyValuePairs<String, NDArray> {
        ["mean": .zeros(weight), "square": .zeros(weight)]
    }

    func update(_ weight: inout NDArray, _ step: OptimizerStep) {
        moments.average(in: step.gradient, step.state)
        let direction = moments.direction(step) + weight * step.weightDecay
        step.move(&weight, against: direction * trust(weight, direction))
    }
}

struct LANS: OptimizerRule {
    let name = "lans"
    let appliesWeightDecay = true
    let moments: Moments

    func initialState(for weight: TensorType) -> KeyValuePairs<String, NDArray> {
        ["mean": .zeros(weight), "square": .zeros(weight)]
    }

    func update(_ weight: inout NDArray, _ step: OptimizerStep) {
        let length = step.gradient.norm()
        let gradient = step.gradient / select(length .> 0, length, .ones([], dtype: length.dtype))
        moments.average(in: gradient, step.state)
        let decay = weight * step.weightDecay
        let ofMean = moments.direction(step) + decay
        let ofGradient = gradient / moments.root(step) + decay
        let (beta, rest) = (moments.beta1, 1 - moments.beta1)
        step.move(
            &weight,
            against: ofMean * (trust(weight, ofMean) * beta)
                + ofGradient * (trust(weight, ofGradient) * rest))
    }
}

/// The norm of a weight over that of a direction, of the weight's dtype []; 1 where either is 0.
private func trust(_ weight: NDArray, _ direction: NDArray) -> NDArray {
    let (ours, theirs) = (weight.norm(), direction.norm())
    return select((ours .> 0) .& (theirs .> 0), ours / theirs, .ones([], dtype: weight.dtype))
}
