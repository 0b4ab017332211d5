import BraidCore
import BraidOperators
import BraidRuntime

extension Optimizer {
    /// Follow the regularised leader (McMahan et al., KDD 2013), which sets weights to 0 that the
    /// gradients do not hold against `l1`. The weight decay is twice the penalty of squares. Weights follow
    /// from the gradients alone, as if they had started at 0.
    ///
    /// - Precondition: no argument is negative.
    public static func ftrl(
        learningRate: Double = 0.1, l1: Double = 0.01, beta: Double = 1, weightDecay: Double = 0,
        fileID: StaticString = #fileID, line: UInt = #line
    ) -> Optimizer {
        ArgumentCheck("ftrl", fileID, line).numbers(notNegative: ["l1": l1, "beta": beta])
        return Optimizer(
            FTRL(l1: l1, beta: beta), learningRate: learningRate, weightDecay: weightDecay,
            fileID: fileID, line: line)
    }

    /// Follow the moving leader (Zheng and Kwok, ICML 2017).
    ///
    /// - Precondition: the betas are in `0..<1`, and no other argument is negative.
    public static func ftml(
        learningRate: Double = 0.0025, beta1: Double = 0.6, beta2: Double = 0.999,
        epsilon: Double = 1e-8, weightDecay: Double = 0,
        fileID: StaticString = #fileID, line: UInt = #line
    ) -> Optimizer {
        Optimizer(
            FTML(moments: Moments(ArgumentCheck("ftml", fileID, line), beta1, beta2, epsilon)),
            learningRate: learningRate,
            weightDecay: weightDecay, fileID: fileID, line: line)
    }
}

struct FTRL: OptimizerRule {
    let name = "ftrl"
    let appliesWeightDecay = true
    let l1: Double
    let beta: Double

    func initialState(for weight: TensorType) -> KeyValuePairs<String, NDArray> {
        ["sum": .zeros(weight), "square": .zeros(weight)]
    }

    func update(_ weight: inout NDArray, _ step: OptimizerStep) {
        let move = Move(step, weight.dtype)
        let rate = move.learningRate.cast(to: weight.dtype)
        let (sum, square) = (step.state[0], step.state[1])
        let before = square.wrappedValue
        let after = before + step.gradient.square()
        let growth = (after.squareRoot() - before.squareRoot()) / rate
        let pull = sum.wrappedValue + step.gradient - growth * weight
        // What is left of the pull once the penalty has taken its part.
        let rest = pull - pull.clamped(to: -l1...l1)
        weight = move(
            weight, to: -rest / ((after.squareRoot() + beta) / rate + step.weightDecay))
        sum.wrappedValue = move(sum.wrappedValue, to: pull)
        square.wrappedValue = move(before, to: after)
    }
}

struct FTML: OptimizerRule {
    let name = "ftml"
    let moments: Moments

    func initialState(for weight: TensorType) -> KeyValuePairs<String, NDArray> {
        ["sum": .zeros(weight), "square": .zeros(weight), "scale": .zeros(weight)]
    }

    func update(_ weight: inout NDArray, _ step: OptimizerStep) {
        let move = Move(step, weight.dtype)
        let (sum, square, scale) = (step.state[0], step.state[1], step.state[2])
        square.average(in: step.gradient.square(), decay: moments.beta2)
        let factor = step.share(ofMeanWithDecay: moments.beta1) / move.learningRate
        let now = moments.root(step) * factor.cast(to: weight.dtype)
        let change = now - scale.wrappedValue * moments.beta1
        let pull =
            sum.wrappedValue * moments.beta1 + step.gradient * (1 - moments.beta1)
            - change * weight
        weight = move(weight, to: -pull / now)
        sum.wrappedValue = move(sum.wrappedValue, to: pull)
        scale.wrappedValue = move(scale.wrappedValue, to: now)
    }
}

/// These rules divide by the learning rate: at 0, as in the first step of a warm-up, and at one whose
/// reciprocal is infinite in the weight's dtype, weights stay.
private struct Move {
    private let happens: NDArray
    /// The learning rate, f64 []; 1 where weights stay.
    let learningRate: NDArray

    init(_ step: OptimizerStep, _ dtype: DType) {
        happens = step.learningRate.reciprocal().cast(to: dtype).isFinite()
        learningRate = select(happens, step.learningRate, .ones([], dtype: .f64))
    }

    func callAsFunction(_ old: NDArray, to new: NDArray) -> NDArray { select(happens, new, old) }
}
