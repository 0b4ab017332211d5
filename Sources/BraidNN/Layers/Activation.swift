import BraidOperators
public import BraidRuntime

/// A pointwise non-linearity.
public enum Activation: CaseIterable, Hashable, Sendable, Block {
    /// `max(x, 0)`.
    case relu
    /// `tanh x`.
    case tanh
    /// `1 / (1 + exp(-x))`.
    case sigmoid
    /// `x Φ(x)` with the exact normal distribution function.
    case gelu
    /// `x / (1 + exp(-x))`.
    case silu
    /// `log(1 + exp x)`.
    case softplus

    /// Applies the function to every element.
    public func forward(_ x: NDArray) -> NDArray {
        switch self {
        case .relu: x.relu()
        case .tanh: x.tanh()
        case .sigmoid: x.sigmoid()
        case .gelu: x.gelu()
        case .silu: x.silu()
        case .softplus: x.softplus()
        }
    }
}
