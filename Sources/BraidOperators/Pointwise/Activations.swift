public import BraidCore

// Compositions: hybridized they are one tile program, and their gradients come from their parts.
extension Operand {
    /// `x` above 0, `slope x` below, of f32 and f64.
    /// - Precondition: `slope` is finite.
    public func leakyRelu(slope: Double = 0.01) -> Self {
        guard slope.isFinite else {
            return refused(.invalidValue, in: "leakyRelu", "the slope \(slope) is not finite")
        }
        return select(self .> 0, self, self * slope)
    }

    /// `x` above 0, `alpha (e^x - 1)` below, of f32 and f64 (Clevert et al., 2015).
    /// - Precondition: `alpha` is finite.
    public func elu(alpha: Double = 1) -> Self {
        guard alpha.isFinite else {
            return refused(.invalidValue, in: "elu", "the alpha \(alpha) is not finite")
        }
        // What is not chosen must not overflow: its slope, times 0, would be NaN.
        return select(self .> 0, self, minimum(self, 0).expm1() * alpha)
    }

    /// `scale · elu(x, alpha)` with the constants that keep mean 0 and variance 1, of f32 and f64
    /// (Klambauer et al., 2017).
    public func selu() -> Self { elu(alpha: 1.6732632423543772) * 1.0507009873554805 }

    /// `x` above 0, `alpha (e^(x / alpha) - 1)` below, of f32 and f64 (Barron, 2017).
    /// - Precondition: `alpha` is finite and not 0.
    public func celu(alpha: Double = 1) -> Self {
        guard alpha.isFinite, alpha != 0 else {
            return refused(.invalidValue, in: "celu", "the alpha \(alpha) is 0 or not finite")
        }
        return select(self .> 0, self, (minimum(self, 0) / alpha).expm1() * alpha)
    }

    /// `min(max(x, 0), 6)`, of numbers.
    public func relu6() -> Self { clamped(to: 0...6) }

    /// `relu6(x + 3) / 6`, a sigmoid of straight lines, of f32 and f64.
    public func hardSigmoid() -> Self { (self + 3).relu6() / 6 }

    /// `x relu6(x + 3) / 6`, of f32 and f64 (Howard et al., 2019).
    public func hardSwish() -> Self { self * hardSigmoid() }

    /// `x / (1 + |x|)`, of f32 and f64.
    public func softsign() -> Self { self / (abs() + 1) }

    /// `x tanh(log(1 + e^x))`, of f32 and f64 (Misra, 2019).
    public func mish() -> Self { self * softplus().tanh() }

    /// The logarithm of the sigmoid without overflow, of f32 and f64.
    public func logSigmoid() -> Self { -(-self).softplus() }

    /// `gelu` by the hyperbolic tangent, as GPT-2 has it, of f32 and f64:
    /// `x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2`.
    public func geluTanh() -> Self {
        let inner = (self + square() * self * 0.044715) * 0.7978845608028654
        return self * (inner.tanh() + 1) * 0.5
    }

    /// `x` where its magnitude is above a threshold, else 0, of f32 and f64.
    /// - Precondition: `threshold` is not negative.
    public func hardShrink(threshold: Double = 0.5) -> Self {
        guard threshold >= 0 else {
            return refused(
                .invalidValue, in: "hardShrink", "the threshold \(threshold) is negative or NaN")
        }
        return select(abs() .> threshold, self, .full([], 0, dtype: dtype))
    }

    /// `x` moved towards 0 by a threshold, as far as 0, of f32 and f64.
    /// - Precondition: `threshold` is not negative.
    public func softShrink(threshold: Double = 0.5) -> Self {
        guard threshold >= 0 else {
            return refused(
                .invalidValue, in: "softShrink", "the threshold \(threshold) is negative or NaN")
        }
        return self - clamped(to: -threshold...threshold)
    }
}
