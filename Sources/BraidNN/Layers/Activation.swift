import BraidCore
import BraidOperators
public import BraidRuntime

/// A pointwise non-linearity; as a layer and as the `activation` of other layers.
public enum Activation: Hashable, Sendable, Block {
    /// `max(x, 0)`.
    case relu
    /// `min(max(x, 0), 6)`.
    case relu6
    /// `x` above 0, `slope x` below.
    case leakyRelu(slope: Double = 0.01)
    /// `x` above 0, `alpha (e^x - 1)` below.
    case elu(alpha: Double = 1)
    /// `elu` with the constants that keep mean 0 and variance 1.
    case selu
    /// `x` above 0, `alpha (e^(x / alpha) - 1)` below.
    case celu(alpha: Double = 1)
    /// `x Φ(x)` with the exact normal distribution function.
    case gelu
    /// `gelu` by the hyperbolic tangent, as GPT-2 has it.
    case geluTanh
    /// `x / (1 + exp(-x))`, also called Swish.
    case silu
    /// `x / (1 + exp(-beta x))`.
    case swish(beta: Double)
    /// `x relu6(x + 3) / 6`.
    case hardSwish
    /// `x tanh(log(1 + exp x))`.
    case mish
    /// `tanh x`.
    case tanh
    /// `1 / (1 + exp(-x))`.
    case sigmoid
    /// `relu6(x + 3) / 6`.
    case hardSigmoid
    /// The logarithm of the sigmoid.
    case logSigmoid
    /// `log(1 + exp x)`.
    case softplus
    /// `x / (1 + |x|)`.
    case softsign

    /// Applies the function to every element.
    public func forward(_ x: NDArray) -> NDArray {
        switch self {
        case .relu: x.relu()
        case .relu6: x.relu6()
        case .leakyRelu(let slope): x.leakyRelu(slope: slope)
        case .elu(let alpha): x.elu(alpha: alpha)
        case .selu: x.selu()
        case .celu(let alpha): x.celu(alpha: alpha)
        case .gelu: x.gelu()
        case .geluTanh: x.geluTanh()
        case .silu: x.silu()
        case .swish(let beta): x.swish(beta: beta)
        case .hardSwish: x.hardSwish()
        case .mish: x.mish()
        case .tanh: x.tanh()
        case .sigmoid: x.sigmoid()
        case .hardSigmoid: x.hardSigmoid()
        case .logSigmoid: x.logSigmoid()
        case .softplus: x.softplus()
        case .softsign: x.softsign()
        }
    }
}

extension Activation: CaseIterable {
    /// Every function, with its usual constants; `swish` with a beta of 1.5.
    public static let allCases: [Activation] = [
        .relu, .relu6, .leakyRelu(), .elu(), .selu, .celu(), .gelu, .geluTanh, .silu,
        .swish(beta: 1.5), .hardSwish, .mish, .tanh, .sigmoid, .hardSigmoid, .logSigmoid,
        .softplus, .softsign,
    ]
}
