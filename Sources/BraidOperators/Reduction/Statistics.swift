public import BraidCore

extension Operand {
    /// The variance over `axes` (all of them when none is named), of f32 and f64:
    /// `Σ (x - mean)² / (n - correction)`, in two passes. A correction of 1 gives the estimate from a
    /// sample. When nothing is left to divide by, as of one element with a correction of 1, it is infinity;
    /// NaN where the elements do not vary.
    /// - Precondition: every axis is in `-rank..<rank` and named once.
    public func variance(
        over axes: Int..., correction: Double = 0, keepingDimensions: Bool = false
    ) -> Self {
        variance(
            over: allIfNone(axes), correction: correction, keepingDimensions: keepingDimensions)
    }
    /// The variance over exactly these axes.
    public func variance(
        over axes: [Int], correction: Double = 0, keepingDimensions: Bool = false
    ) -> Self {
        guard correction.isFinite else {
            return refused(
                .invalidValue, in: "variance", "the correction \(correction) is not finite")
        }
        if let refusal = refusal(ofAxes: axes, in: "variance") { return refusal }
        let squares = (self - mean(over: axes, keepingDimensions: true)).square()
            .mean(over: axes, keepingDimensions: keepingDimensions)
        if correction == 0 { return squares }
        let count = Double(
            axes.compactMap { shape.resolved(axis: $0) }.map { shape[$0] }.reduce(1, *))
        return squares * (count / Swift.max(count - correction, 0))
    }

    /// The standard deviation over `axes` (all of them when none is named), of f32 and f64: the root of
    /// the variance. The gradient is 0 where all elements are equal.
    /// - Precondition: every axis is in `-rank..<rank` and named once.
    public func standardDeviation(
        over axes: Int..., correction: Double = 0, keepingDimensions: Bool = false
    ) -> Self {
        standardDeviation(
            over: allIfNone(axes), correction: correction, keepingDimensions: keepingDimensions)
    }
    /// The standard deviation over exactly these axes.
    public func standardDeviation(
        over axes: [Int], correction: Double = 0, keepingDimensions: Bool = false
    ) -> Self {
        if let refusal = refusal(ofAxes: axes, in: "standardDeviation") { return refusal }
        return variance(over: axes, correction: correction, keepingDimensions: keepingDimensions)
            .withoutZeros { $0.squareRoot() }
    }

    /// The norm `(Σ |x|^order)^(1/order)` over `axes` (all of them when none is named), of f32 and f64;
    /// of order infinity the largest magnitude. The gradient is 0 for elements that are 0.
    /// - Precondition: `order` is above 0, it and its reciprocal are finite in the dtype unless it is infinity,
    ///   and every axis is in `-rank..<rank` and named once.
    public func norm(
        order: Double = 2, over axes: Int..., keepingDimensions: Bool = false
    ) -> Self {
        norm(order: order, over: allIfNone(axes), keepingDimensions: keepingDimensions)
    }
    /// The norm over exactly these axes.
    public func norm(order: Double = 2, over axes: [Int], keepingDimensions: Bool = false) -> Self {
        guard order > 0, order == .infinity || dtype.holdsScale(order) else {
            return refused(
                .invalidValue, in: "norm",
                "the order \(order) is not above 0, or it or its reciprocal is no value of \(dtype)"
            )
        }
        if let refusal = refusal(ofAxes: axes, in: "norm") { return refusal }
        func sum(_ terms: Self) -> Self {
            terms.sum(over: axes, keepingDimensions: keepingDimensions)
        }
        switch order {
        case 1: return sum(abs())
        case 2: return sum(square()).withoutZeros { $0.squareRoot() }
        case .infinity: return abs().max(over: axes, keepingDimensions: keepingDimensions)
        default:
            return sum(abs().withoutZeros { $0.power(order) })
                .withoutZeros { $0.power(1 / order) }
        }
    }

    /// A function that is 0 at 0, where its slope may be infinite and must not meet another's zero: nothing
    /// flows into zeros.
    private func withoutZeros(_ function: (Self) -> Self) -> Self {
        let isZero = self .== 0
        return select(
            isZero, .full([], 0, dtype: dtype),
            function(select(isZero, .full([], 1, dtype: dtype), self)))
    }

    /// The logarithm of the sum of exponentials over `axes` (all of them when none is named), of f32 and
    /// f64, without overflow; -infinity of no probability at all, be it of no element, and its gradient is
    /// 0. (The gradient is `softmax`, NaN where an element is +infinity.)
    /// - Precondition: every axis is in `-rank..<rank` and named once.
    public func logSumExp(over axes: Int..., keepingDimensions: Bool = false) -> Self {
        logSumExp(over: allIfNone(axes), keepingDimensions: keepingDimensions)
    }
    /// The logarithm of the sum of exponentials over exactly these axes.
    public func logSumExp(over axes: [Int], keepingDimensions: Bool = false) -> Self {
        if let refusal = refusal(ofAxes: axes, in: "logSumExp") { return refusal }
        // The largest of no element is none.
        if axes.contains(where: { shape.resolved(axis: $0).map { shape[$0] } == 0 }) {
            return exp().sum(over: axes, keepingDimensions: keepingDimensions).log()
        }
        // What is taken off first does not matter, so that nothing flows through it; it is finite.
        let largest = max(over: axes, keepingDimensions: true)
        let shift = Self.apply(
            StopGradient(), select(largest.isFinite(), largest, .full([], 0, dtype: dtype)))
        let total = (self - shift).exp().sum(over: axes, keepingDimensions: true)
        // Where there is no probability the logarithm's infinite slope must not meet its zeros.
        let isNone = total .== 0
        let logarithm = select(isNone, .full([], 1, dtype: dtype), total).log() + shift
        let sum = select(isNone, .full([], -.infinity, dtype: dtype), logarithm)
        return keepingDimensions ? sum : sum.sum(over: axes)
    }

    private func allIfNone(_ axes: [Int]) -> [Int] { axes.isEmpty ? Array(0..<rank) : axes }
}
