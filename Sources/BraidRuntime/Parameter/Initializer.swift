package import BraidCore
import BraidOperators

/// How a parameter gets its first values.
public struct Initializer: Sendable, Hashable {
    private enum Rule: Sendable, Hashable {
        case constant(Double)
        case uniform(from: Double, to: Double)
        case normal(mean: Double, standardDeviation: Double)
        case truncatedNormal(mean: Double, standardDeviation: Double, from: Double, to: Double)
        case scaled(Fan, magnitude: Double, Distribution)
        case orthogonal(gain: Double)
        case bilinear
        case lstmBias(forget: Double)
    }
    private let rule: Rule

    /// What the variance of first values is scaled by.
    public enum Fan: Hashable, Sendable {
        /// How many inputs an output has.
        case input
        /// How many outputs an input has.
        case output
        /// The mean of both.
        case average
    }

    /// How random values are distributed.
    public enum Distribution: Hashable, Sendable {
        /// Between two bounds.
        case uniform
        /// Around 0.
        case normal
    }

    /// All elements equal.
    /// - Precondition: `value` is a number.
    public static func constant(_ value: Double) -> Initializer {
        check(!value.isNaN, in: "constant", "the value \(value) is no number")
        return .init(rule: .constant(value))
    }
    /// All zeros.
    public static let zeros = constant(0)
    /// All ones.
    public static let ones = constant(1)
    /// Uniform in `[lower, upper)`.
    /// - Precondition: the bounds are finite and in order.
    public static func uniform(from lower: Double, to upper: Double) -> Initializer {
        check(
            lower <= upper && (upper - lower).isFinite, in: "uniform",
            "the bounds from \(lower) to \(upper) are no range")
        return .init(rule: .uniform(from: lower, to: upper))
    }
    /// Normally distributed.
    /// - Precondition: both numbers are finite, and `standardDeviation` is not negative.
    public static func normal(mean: Double = 0, standardDeviation: Double = 0.01) -> Initializer {
        check(mean.isFinite, in: "normal", "the mean \(mean) is not finite")
        check(
            standardDeviation >= 0 && standardDeviation.isFinite, in: "normal",
            "the standardDeviation \(standardDeviation) is negative or not finite")
        return .init(rule: .normal(mean: mean, standardDeviation: standardDeviation))
    }
    /// Normally distributed between two bounds, which are counted in standard deviations from the mean.
    /// - Precondition: the mean is finite, `standardDeviation` is positive and finite, the bounds are in order,
    ///   and a normally distributed number lies between them with a probability of 2^-41 at least.
    public static func truncatedNormal(
        mean: Double = 0, standardDeviation: Double = 0.01, from lower: Double = -2,
        to upper: Double = 2
    ) -> Initializer {
        // The bounds as they were given; between the scaled ones lies the same.
        for mistake in [
            NDArray.truncationMistake(0, 1, lower, upper),
            NDArray.truncationMistake(mean, standardDeviation, -.infinity, .infinity),
        ] { check(mistake == nil, in: "truncatedNormal", mistake ?? "") }
        return .init(
            rule: .truncatedNormal(
                mean: mean, standardDeviation: standardDeviation,
                from: mean + lower * standardDeviation, to: mean + upper * standardDeviation))
    }
    /// Uniform in `±√(magnitude / fan)` or normal with that deviation. The magnitude of 3 of a uniform
    /// distribution over the mean of both fans keeps the variance of activations and gradients (Glorot
    /// and Bengio, AISTATS 2010); so does 1 of a normal one.
    public static func xavier(
        _ distribution: Distribution = .uniform, fan: Fan = .average, magnitude: Double = 3
    ) -> Initializer {
        check(
            magnitude >= 0 && magnitude.isFinite, in: "xavier",
            "the magnitude \(magnitude) is negative or not finite")
        return .init(rule: .scaled(fan, magnitude: magnitude, distribution))
    }
    /// `xavier(.uniform, fan: .average, magnitude: 3)`.
    public static let xavier = xavier(magnitude: 3)
    /// Normal with standard deviation `√(2 / ((1 + slope²) fan))`, for leaky rectifiers of that slope
    /// (He et al., ICCV 2015).
    /// - Precondition: `slope` is finite.
    public static func he(slope: Double, fan: Fan = .input) -> Initializer {
        check(slope.isFinite, in: "he", "the slope \(slope) is not finite")
        return .init(rule: .scaled(fan, magnitude: 2 / (1 + slope * slope), .normal))
    }
    /// Normal with standard deviation `√(2 / fan-in)`, for rectifiers (He et al., ICCV 2015).
    public static let he = he(slope: 0)
    /// Orthonormal rows or columns, whichever are fewer, times `gain`; the axes of an array behind the
    /// first count as columns (Saxe et al., ICLR 2014). For parameters of two axes or more.
    /// - Precondition: `gain` is finite.
    public static func orthogonal(gain: Double = 1) -> Initializer {
        check(gain.isFinite, in: "orthogonal", "the gain \(gain) is not finite")
        return .init(rule: .orthogonal(gain: gain))
    }
    /// Kernels `[…, …, extents]` that interpolate linearly between neighbours, so that a transposed
    /// convolution with a stride of half the kernel enlarges images.
    public static let bilinear = Initializer(rule: .bilinear)
    /// Biases `[4 · hidden]` of an LSTM, 0 but for the second quarter, the forget gate's.
    public static func lstmBias(forget: Double = 1) -> Initializer {
        check(forget.isFinite, in: "lstmBias", "the forget bias \(forget) is not finite")
        return .init(rule: .lstmBias(forget: forget))
    }

    private static func check(
        _ condition: Bool, in initializer: String, _ message: @autoclosure () -> String
    ) {
        ArrayError.check(condition, in: initializer, message())
    }

    package var isRandom: Bool {
        switch rule {
        case .constant, .bilinear, .lstmBias: false
        default: true
        }
    }

    /// An array of first values.
    /// - Parameters:
    ///   - shape: `[out, in, kernel…]` for weights; the fans follow from it.
    ///   - key: as from `NDArray.randomKey()`; equal keys give equal values.
    package func callAsFunction(_ shape: Shape, _ dtype: DType, key: NDArray) -> NDArray {
        switch rule {
        case .constant(let value):
            return .full(shape, value, dtype: dtype)
        case .uniform(let lower, let upper):
            return .apply(RandomUniform(shape: shape, dtype: dtype, from: lower, to: upper), key)
        case .normal(let mean, let deviation):
            return .apply(
                RandomNormal(
                    shape: shape, dtype: dtype, mean: mean, standardDeviation: deviation), key)
        case .truncatedNormal(let mean, let deviation, let lower, let upper):
            let places = NDArray.apply(
                RandomUniform(shape: shape, dtype: .f64, from: 0, to: 1), key)
            return .truncatedNormal(
                of: places, mean: mean, standardDeviation: deviation, from: lower, to: upper,
                dtype: dtype)
        case .scaled(let fan, let magnitude, let distribution):
            let bound = (magnitude / fan.size(of: shape)).squareRoot()
            let rule: Rule =
                switch distribution {
                case .uniform: .uniform(from: -bound, to: bound)
                case .normal: .normal(mean: 0, standardDeviation: bound)
                }
            return Initializer(rule: rule)(shape, dtype, key: key)
        case .orthogonal(let gain):
            guard dtype.holdsFinite(gain) else {
                return .refused(
                    .invalidValue, in: "orthogonal",
                    "the gain \(gain) is no finite value of \(dtype)")
            }
            return Self.orthogonal(shape, gain, key).cast(to: dtype)
        case .bilinear:
            return Self.bilinear(shape).cast(to: dtype)
        case .lstmBias(let forget):
            guard shape.rank == 1, shape[0] % 4 == 0 else {
                return .refused(
                    .shapeMismatch, in: "lstmBias", "is for biases [4 · hidden], not \(shape)")
            }
            let hidden = shape[0] / 4
            return concatenated([
                .zeros([hidden], dtype: dtype), .full([hidden], forget, dtype: dtype),
                .zeros([2 * hidden], dtype: dtype),
            ])
        }
    }

    /// f64.
    private static func orthogonal(_ shape: Shape, _ gain: Double, _ key: NDArray) -> NDArray {
        guard shape.rank >= 2 else {
            return .refused(
                .shapeMismatch, in: "orthogonal", "is for two axes or more, not \(shape)")
        }
        if shape.elementCount == 0 { return .zeros(shape, dtype: .f64) }
        let (rows, columns) = (shape[0], shape.elementCount / shape[0])
        let tall: Shape = [Swift.max(rows, columns), Swift.min(rows, columns)]
        let normal = NDArray.apply(
            RandomNormal(shape: tall, dtype: .f64, mean: 0, standardDeviation: 1), key)
        // R's diagonal is not negative, so that Q is uniform among all such matrices.
        let (q, _) = normal.qr()
        return ((rows < columns ? q.transposed() : q) * gain).reshaped(to: shape.extents)
    }

    /// f64.
    private static func bilinear(_ shape: Shape) -> NDArray {
        guard shape.rank >= 3 else {
            return .refused(
                .shapeMismatch, in: "bilinear", "is for kernels [out, in, extents], not \(shape)")
        }
        var weights = NDArray.ones([], dtype: .f64)
        for extent in shape.extents.dropFirst(2) {
            let step = Double((extent + 1) / 2)
            let places = NDArray.range(count: extent, dtype: .f64)
            let distances = (places - Double(extent - 1) / 2).abs()
            weights = weights.expandingDimension(at: -1) * (1 - distances / step)
        }
        return weights.broadcast(to: shape)
    }
}

extension Initializer.Fan {
    /// The number of connections of weights `[out, in, kernel…]`, at least 1.
    fileprivate func size(of shape: Shape) -> Double {
        let receptive = (2..<Swift.max(shape.rank, 2)).reduce(1) { $0 * shape[$1] }
        let input = Double((shape.rank > 1 ? shape[1] : shape.elementCount) * receptive)
        let output = Double((shape.rank > 0 ? shape[0] : 1) * receptive)
        let size =
            switch self {
            case .input: input
            case .output: output
            case .average: (input + output) / 2
            }
        return Swift.max(size, 1)
    }
}
