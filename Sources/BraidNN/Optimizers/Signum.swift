import BraidCore
import BraidOperators
import BraidRuntime

extension Optimizer {
    /// Signum (Bernstein et al., ICML 2018): steps of one length, along the sign of the running mean
    /// of gradients; of the gradient itself without momentum.
    ///
    /// - Precondition: the momentum is in `0..<1`, and no other argument is negative.
    public static func signum(
        learningRate: Double = 0.01, momentum: Double = 0.9, weightDecay: Double = 0,
        fileID: StaticString = #fileID, line: UInt = #line
    ) -> Optimizer {
        ArgumentCheck("signum", fileID, line).numbers(decays: ["momentum": momentum])
        return Optimizer(
            Signum(momentum: momentum), learningRate: learningRate, weightDecay: weightDecay,
            fileID: fileID, line: line)
    }

    /// Stochastic gradient Langevin dynamics (Welling and Teh, ICML 2011): half a gradient step and
    /// normal noise of variance `learningRate`, so that weights become samples of a posterior.
    ///
    /// - Precondition: no argument is negative.
    public static func sgld(
        learningRate: Double, weightDecay: Double = 0,
        fileID: StaticString = #fileID, line: UInt = #line
    ) -> Optimizer {
        Optimizer(
            LangevinDynamics(), learningRate: learningRate, weightDecay: weightDecay,
            fileID: fileID, line: line)
    }
}

struct Signum: OptimizerRule {
    let name = "signum"
    let momentum: Double

    func initialState(for weight: TensorType) -> KeyValuePairs<String, NDArray> {
        momentum == 0 ? [:] : ["mean": .zeros(weight)]
    }

    func update(_ weight: inout NDArray, _ step: OptimizerStep) {
        guard let mean = step.state.first else {
            return step.move(&weight, against: step.gradient.sign())
        }
        mean.average(in: step.gradient, decay: momentum)
        step.move(&weight, against: mean.wrappedValue.sign())
    }
}

struct LangevinDynamics: OptimizerRule {
    let name = "sgld"

    func update(_ weight: inout NDArray, _ step: OptimizerStep) {
        let noise = NDArray.normal(weight.shape, dtype: weight.dtype)
        step.move(&weight, against: step.gradient * 0.5)
        weight += noise * step.learningRate.squareRoot().cast(to: weight.dtype)
    }
}
