public import BraidCore

// Compositions: hybridized they are one tile program, and their gradients come from their parts.
extension Operand {
    /// `x` above 0, `slope x` below, of f32 and f64.
    /// - Precondition: `slope` is finite in the dtype.
    public func leakyRelu(slope: Double = 0.01) -> Self {
        guard dtype.holdsFinite(slope) else {
            return refused(
                .invalidValue, in: "leakyRelu", "the slope \(slope) is no finite value of \(dtype)")
        }
        return select(self .> 0, self, self * slope)
    }

    /// `x` above 0, `alpha (e^x - 1)` below, of f32 and f64 (Clevert et al., 2015).
    /// - Precondition: `alpha` is finite in the dtype.
    public func elu(alpha: Double = 1) -> Self {
        guard dtype.holdsFinite(alpha) else {
            return refused(
                .invalidValue, in: "elu", "the alpha \(alpha) is no finite value of \(dtype)")
        }
        // What is not chosen must not overflow: its slope, times 0, would be NaN.
        return select(self .> 0, self, minimum(self, 0).expm1() * alpha)
    }

    /// `scale · elu(x, alpha)` with the constants that keep mean 0 and variance 1, of f32 and f64
    /// (Klambauer et al., 2017).
    public func selu() -> Self { elu(alpha: 1.6732632423543772) * 1.0507009873554805 }

    /// `x` above 0, `alpha (e^(x / alpha) - 1)` below, of f32 and f64 (Barron, 2017).
    /// - Precondition: `alpha` and its reciprocal are finite in the dtype.
    public func celu(alpha: Double = 1) -> Self {
        guard dtype.holdsScale(alpha) else {
            return refused(
                .invalidValue, in: "celu",
                "the alpha \(alpha) or its reciprocal is no finite value of \(dtype)")
        }
        return select(self .> 0, self, (minimum(self, 0) / alpha).expm1() * alpha)
    }

    /// `min(max(x, 0), 6)`, of numbers; the slope is 0 at both ends.
    public func relu6() -> Self {
        let above = Self.apply(BinaryScalar(.maximum, 0, isFlatAtTie: true), self)
        return Self.apply(BinaryScalar(.minimum, 6, isFlatAtTie: true), above)
    }

    /// `relu6(x + 3) / 6`, a sigmoid of straight lines, of f32 and f64; the slope is 0 at both ends.
    public func hardSigmoid() -> Self { (self + 3).relu6() / 6 }

    /// `x relu6(x + 3) / 6`, of f32 and f64 (Howard et al., 2019); the slope is 0 at -3 and 1 at 3, as in PyTorch
    /// since 2025 (before, it was that of the middle at both, -0.5 and 1.5).
    public func hardSwish() -> Self {
        // -inf times 0 would be NaN.
        maximum(self, -limit) * hardSigmoid()
    }

    /// `x / (1 + |x|)`, of f32 and f64.
    public func softsign() -> Self {
        let x = limited  // inf / inf would be NaN
        return x / (x.abs() + 1)
    }

    /// `x tanh(log(1 + e^x))`, of f32 and f64 (Misra, 2019).
    public func mish() -> Self { gated { $0 * $0.softplus().tanh() } }

    /// `x / (1 + e^(-beta x))`, of f32 and f64; with a beta of 1 it is `silu`.
    /// - Precondition: `beta` is finite in the dtype.
    public func swish(beta: Double) -> Self {
        guard dtype.holdsFinite(beta) else {
            return refused(
                .invalidValue, in: "swish", "the beta \(beta) is no finite value of \(dtype)")
        }
        if beta == 0 { return self * 0.5 }
        let x = limited
        let gated = x * (x * beta).sigmoid()
        // What is beyond the limit on the side where the sigmoid is 1.
        return select(beta < 0 ? self .< -limit : self .> limit, self, gated)
    }

    /// The logarithm of the sigmoid without overflow, of f32 and f64.
    public func logSigmoid() -> Self { -(-self).softplus() }

    /// `gelu` by the hyperbolic tangent, as GPT-2 has it, of f32 and f64:
    /// `x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2`.
    public func geluTanh() -> Self {
        gated { x in
            let inner = (x + x.square() * x * 0.044715) * 0.7978845608028654
            return x * (inner.tanh() + 1) * 0.5
        }
    }

    /// A function that is x above 10,000 and 0 below -10,000, as far as f64 can tell. What stands behind
    /// the bounds is not computed: infinity would meet a factor, or a slope, of 0.
    private func gated(_ function: (Self) -> Self) -> Self {
        let bound = 1e4
        return select(self .> bound, self, function(clamped(to: -bound...bound)))
    }

    /// `x` where its magnitude is above a threshold, else 0, of f32 and f64; NaN stays.
    /// - Precondition: `threshold` is not negative.
    public func hardShrink(threshold: Double = 0.5) -> Self {
        guard threshold >= 0 else {
            return refused(
                .invalidValue, in: "hardShrink", "the threshold \(threshold) is negative or NaN")
        }
        return select(abs() .<= threshold, .full([], 0, dtype: dtype), self)
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
