import BraidCore
import BraidOperators
import BraidRuntime

extension Optimizer {
    /// Adam (Kingma and Ba, ICLR 2015): running means of the gradient and of its square, both
    /// corrected for their start at zero.
    ///
    /// - Precondition: the learning rate is not negative, the betas are in `0..<1`.
    public static func adam(
        learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999,
        epsilon: Double = 1e-8
    ) -> Optimizer {
        ArrayError.check(
            learningRate >= 0 && (0..<1).contains(beta1) && (0..<1).contains(beta2),
            in: "adam",
            "the learning rate must not be negative and the betas must be in 0..<1")
        return Optimizer(
            Adam(learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon))
    }
}

struct Adam: Optimizer.Rule {
    let learningRate: Double
    let beta1: Double
    let beta2: Double
    let epsilon: Double

    let stateCount = 2

    func update(
        _ weight: inout NDArray, _ gradient: NDArray, _ state: [Parameter], step: NDArray
    ) {
        let (mean, square) = (state[0], state[1])
        mean.update {
            $0 *= beta1
            $0 += gradient * (1 - beta1)
        }
        square.update {
            $0 *= beta2
            $0 += gradient.square() * (1 - beta2)
        }
        // In f64 until the end: late steps leave hardly more than the rounding of 1.
        let correction1 = 1 - NDArray.power(beta1, step)
        let correction2 = 1 - NDArray.power(beta2, step)
        var scale = square.wrappedValue.squareRoot()
        scale *= correction2.reciprocalSquareRoot().cast(to: weight.dtype)
        scale += epsilon
        var move = mean.wrappedValue / scale
        move *= (learningRate / correction1).cast(to: weight.dtype)
        weight -= move
    }
}
