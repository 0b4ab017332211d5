public import BraidCore

extension Operand {
    /// The variance over `axes` (all of them when none is named), of f32 and f64:
    /// `Σ (x - mean)² / (n - correction)`, in two passes. A correction of 1 gives the estimate from a
    /// sample; NaN when nothing is left to divide by.
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
        let squares = (self - mean(over: axes, keepingDimensions: true)).square()
            .mean(over: axes, keepingDimensions: keepingDimensions)
        if correction == 0 { return squares }
        let count = Double(
            axes.compactMap { shape.resolved(axis: $0) }.map { shape[$0] }.reduce(1, *))
        return squares * (count / Swift.max(count - correction, 0))
    }

    /// The standard deviation over `axes` (all of them when none is named), of f32 and f64: the root of
    /// the variance.
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
        variance(over: axes, correction: correction, keepingDimensions: keepingDimensions)
            .squareRoot()
    }

    /// The norm `(Σ |x|^order)^(1/order)` over `axes` (all of them when none is named), of f32 and f64;
    /// of order infinity the largest magnitude. The gradient of the norm of order 2 is 0 where all
    /// elements are.
    /// - Precondition: `order` is above 0, and every axis is in `-rank..<rank` and named once.
    public func norm(
        order: Double = 2, over axes: Int..., keepingDimensions: Bool = false
    ) -> Self {
        norm(order: order, over: allIfNone(axes), keepingDimensions: keepingDimensions)
    }
    /// The norm over exactly these axes.
    public func norm(order: Double = 2, over axes: [Int], keepingDimensions: Bool = false) -> Self {
        guard order > 0 else {
            return refused(.invalidValue, in: "norm", "the order \(order) is not above 0")
        }
        func sum(_ terms: Self) -> Self {
            terms.sum(over: axes, keepingDimensions: keepingDimensions)
        }
        switch order {
        case 1: return sum(abs())
        case 2:
            // The root's slope at 0 is infinite, and must not meet the squares' zeros.
            let squares = sum(square())
            let one = Self.full([], 1, dtype: dtype)
            return select(
                squares .> 0, select(squares .> 0, squares, one).squareRoot(), squares)
        case .infinity: return abs().max(over: axes, keepingDimensions: keepingDimensions)
        default: return sum(abs().power(order)).power(1 / order)
        }
    }

    /// The logarithm of the sum of exponentials over `axes` (all of them when none is named), of f32 and
    /// f64, without overflow; -infinity of no probability at all.
    /// - Precondition: every axis is in `-rank..<rank` and named once, and there is an element.
    public func logSumExp(over axes: Int..., keepingDimensions: Bool = false) -> Self {
        logSumExp(over: allIfNone(axes), keepingDimensions: keepingDimensions)
    }
    /// The logarithm of the sum of exponentials over exactly these axes.
    public func logSumExp(over axes: [Int], keepingDimensions: Bool = false) -> Self {
        // What is taken off first does not matter, so that nothing flows through it; it is finite.
        let largest = max(over: axes, keepingDimensions: true)
        let shift = Self.apply(
            StopGradient(), select(largest.isFinite(), largest, .full([], 0, dtype: dtype)))
        let sum = (self - shift).exp().sum(over: axes, keepingDimensions: true).log() + shift
        return keepingDimensions ? sum : sum.sum(over: axes)
    }

    private func allIfNone(_ axes: [Int]) -> [Int] { axes.isEmpty ? Array(0..<rank) : axes }
}
