import BraidCore
import BraidOperators
import BraidRuntime

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

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

    func makeState(for weight: NDArray) -> [NDArray] {
        [
            .zeros(weight.shape, dtype: weight.dtype),
            .zeros(weight.shape, dtype: weight.dtype),
        ]
    }

    func update(
        _ weight: inout NDArray, _ gradient: NDArray, _ state: inout [NDArray], step: Int
    ) {
        state[0] *= beta1
        state[0] += gradient * (1 - beta1)
        state[1] *= beta2
        state[1] += gradient.square() * (1 - beta2)
        let correction1 = 1 - pow(beta1, Double(step))
        let correction2 = 1 - pow(beta2, Double(step))
        var scale = state[1].squareRoot()
        scale *= 1 / correction2.squareRoot()
        scale += epsilon
        var move = state[0] / scale
        move *= learningRate / correction1
        weight -= move
    }
}
