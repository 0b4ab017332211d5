package import BraidCore
import BraidOperators

/// How a parameter gets its first values.
public struct Initializer: Sendable, Hashable {
    private enum Rule: Sendable, Hashable {
        case constant(Double)
        case uniform(from: Double, to: Double)
        case normal(mean: Double, standardDeviation: Double)
        case xavier(magnitude: Double)
        case he
    }
    private let rule: Rule

    /// All elements equal.
    public static func constant(_ value: Double) -> Initializer { .init(rule: .constant(value)) }
    /// All zeros.
    public static let zeros = constant(0)
    /// All ones.
    public static let ones = constant(1)
    /// Uniform in `[lower, upper)`.
    public static func uniform(from lower: Double, to upper: Double) -> Initializer {
        .init(rule: .uniform(from: lower, to: upper))
    }
    /// Normally distributed.
    public static func normal(mean: Double = 0, standardDeviation: Double = 0.01) -> Initializer {
        .init(rule: .normal(mean: mean, standardDeviation: standardDeviation))
    }
    /// Uniform in `±√(magnitude / mean of fan-in and fan-out)`; the default of 3 keeps the variance
    /// of activations and gradients (Glorot and Bengio, AISTATS 2010).
    public static func xavier(magnitude: Double) -> Initializer {
        .init(rule: .xavier(magnitude: magnitude))
    }
    /// `xavier(magnitude: 3)`.
    public static let xavier = xavier(magnitude: 3)
    /// Normal with standard deviation `√(2 / fan-in)`, for rectifiers (He et al., ICCV 2015).
    public static let he = Initializer(rule: .he)

    package var isRandom: Bool {
        if case .constant = rule { false } else { true }
    }

    /// An array of first values.
    /// - Parameters:
    ///   - shape: `[out, in, kernel…]` for weights; the fans follow from it.
    ///   - key: as from `NDArray.randomKey()`; equal keys give equal values.
    package func callAsFunction(_ shape: Shape, _ dtype: DType, key: NDArray) -> NDArray {
        let receptive = (2..<Swift.max(shape.rank, 2)).reduce(1) { $0 * shape[$1] }
        let fanIn = Double((shape.rank > 1 ? shape[1] : shape.elementCount) * receptive)
        let fanOut = Double((shape.rank > 0 ? shape[0] : 1) * receptive)
        switch rule {
        case .constant(let value):
            return .full(shape, value, dtype: dtype)
        case .uniform(let lower, let upper):
            return .apply(RandomUniform(shape: shape, dtype: dtype, from: lower, to: upper), key)
        case .normal(let mean, let deviation):
            return .apply(
                RandomNormal(
                    shape: shape, dtype: dtype, mean: mean, standardDeviation: deviation), key)
        case .xavier(let magnitude):
            let bound = (magnitude * 2 / Swift.max(fanIn + fanOut, 1)).squareRoot()
            return .apply(RandomUniform(shape: shape, dtype: dtype, from: -bound, to: bound), key)
        case .he:
            let deviation = (2 / Swift.max(fanIn, 1)).squareRoot()
            return .apply(
                RandomNormal(shape: shape, dtype: dtype, mean: 0, standardDeviation: deviation),
                key)
        }
    }
}
