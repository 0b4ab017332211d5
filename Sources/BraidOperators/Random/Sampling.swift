public import BraidCore
import BraidPlatform

// All are made of uniform numbers from one key and of operators without chance, so that they too give
// the same elements on any number of threads.
extension Operand {
    /// Normally distributed elements between two bounds, f32 or f64, by the inverse of the distribution
    /// function.
    /// - Precondition: the mean is finite, `standardDeviation` is above 0 and finite, also times √2, `lower` is
    ///   below `upper`, and a normally distributed number lies between them with a probability of 2^-41 at
    ///   least: with one of less f64 cannot tell where. So bounds on one side of the mean begin within seven
    ///   standard deviations from it.
    public static func truncatedNormal(
        _ shape: Shape, mean: Double = 0, standardDeviation: Double = 1, from lower: Double = -2,
        to upper: Double = 2, dtype: DType = .f32
    ) -> Self {
        if let mistake = truncationMistake(mean, standardDeviation, lower, upper) {
            return refused(.invalidValue, in: "truncatedNormal", mistake)
        }
        return truncatedNormal(
            of: uniform(shape, dtype: .f64), mean: mean, standardDeviation: standardDeviation,
            from: lower, to: upper, dtype: dtype)
    }

    /// What is wrong with the arguments of a truncated normal distribution.
    package static func truncationMistake(
        _ mean: Double, _ standardDeviation: Double, _ lower: Double, _ upper: Double
    ) -> String? {
        if !mean.isFinite { return "the mean \(mean) is not finite" }
        let scale = standardDeviation * rootOfTwo
        if !(standardDeviation > 0 && scale.isFinite) {
            return "the standardDeviation \(standardDeviation) is not above 0 and finite"
        }
        if !(lower < upper) { return "the bounds from \(lower) to \(upper) are not in order" }
        let share = errorFunction((upper - mean) / scale) - errorFunction((lower - mean) / scale)
        return share >= 0x1p-40
            ? nil
            : "the bounds from \(lower) to \(upper) are too far from the mean, or too near to each "
                + "other, to tell what lies between them"
    }

    private static var rootOfTwo: Double { 1.4142135623730951 }

    /// The same from uniform elements in 0..<1, f64.
    package static func truncatedNormal(
        of places: Self, mean: Double, standardDeviation: Double, from lower: Double,
        to upper: Double, dtype: DType
    ) -> Self {
        guard dtype.isComputedFloating else {
            return refused(
                .unsupportedType, in: "truncatedNormal",
                "gives elements of f32 or f64, not \(dtype)")
        }
        guard dtype.holdsFinite(mean), dtype.holdsFinite(standardDeviation) else {
            return refused(
                .invalidValue, in: "truncatedNormal",
                "the mean \(mean) or the standardDeviation \(standardDeviation) is no finite value of "
                    + "\(dtype)")
        }
        let scale = standardDeviation * rootOfTwo
        func distribution(_ bound: Double) -> Self {
            full([], (bound - mean) / scale, dtype: .f64).erf()
        }
        let (first, last) = (distribution(lower), distribution(upper))
        let place = first + (last - first) * places
        return (place.erfinv() * scale + mean).cast(to: dtype).clamped(to: lower...upper)
    }

    /// Whole numbers that are uniform in a range, of an integer dtype.
    /// - Precondition: the range is not empty, its bounds are below 2^53 in magnitude, and the dtype
    ///   holds its numbers.
    public static func integers(
        _ shape: Shape, in range: Range<Int>, dtype: DType = .i64
    ) -> Self {
        let exact = -(1 << 53)...(1 << 53)
        guard !range.isEmpty, exact.contains(range.lowerBound), exact.contains(range.upperBound),
            range.count <= 1 << 53, dtype.isInteger, dtype.holds(Double(range.lowerBound)),
            dtype.holds(Double(range.upperBound - 1))
        else {
            return refused(
                .invalidValue, in: "integers", "the range \(range) is none of numbers of \(dtype)")
        }
        let steps = (uniform(shape, dtype: .f64) * Double(range.count)).floor().cast(to: .i64)
        return (steps + Double(range.lowerBound)).cast(to: dtype)
    }

    /// The numbers `0..<count` in random order, i64, all orders alike: the order of as many random
    /// numbers.
    /// - Precondition: `count` is not negative.
    public static func permutation(_ count: Int) -> Self {
        guard let shape = Shape(exactly: [count]) else {
            return refused(
                .invalidValue, in: "permutation",
                "the count \(count) is out of range; expected 0..<2^32")
        }
        return uniform(shape, dtype: .f64).argsorted(axis: 0)
    }

    /// This array with the parts along `axis` in random order. Any dtype.
    /// - Precondition: `axis` is in `-rank..<rank`.
    public func shuffled(axis: Int = 0) -> Self {
        if let refusal = refusal(ofAxes: [axis], in: "shuffled") { return refusal }
        return gathered(at: .permutation(shape.extent(ofAxis: axis)), axis: axis)
    }

    /// Draws from classes by the logarithms of their probabilities, such as scores before a softmax, which
    /// need not add up to anything. By Gumbel's numbers: the largest of `logit - log(-log u)` is each
    /// class's with its probability (Gumbel, 1954).
    ///
    /// A logit of NaN, or a row of nothing but minus infinity, is an error that every read of the draws
    /// reports.
    /// - Parameters:
    ///   - logits: `[…, classes]`, f32 or f64.
    ///   - count: how many draws of each row.
    /// - Returns: i64 `[…, count]`.
    /// - Precondition: there is a class, and `count` is not negative.
    public static func categorical(logits: Self, count: Int) -> Self {
        let function = "categorical(logits:)"
        if let mistake = logits.drawingMistake(count, in: function) { return mistake }
        let known = logits.inRange(-Double.infinity ... .infinity, of: "logit", in: function)
        let largest = known.max(over: -1, keepingDimensions: true).inRange(
            -Double.greatestFiniteMagnitude ... .infinity, of: "the largest logit", in: function)
        return categorical(known, where: largest .== largest, count)
    }

    /// One draw of each row: i64 `[…]` for logits `[…, classes]`, as `categorical(logits:count:)`.
    /// - Precondition: there is a class.
    public static func categorical(logits: Self) -> Self {
        categorical(logits: logits, count: 1).squeezed(at: -1)
    }

    /// Draws from classes by their probabilities, such as a softmax gives, or by weights, which need not
    /// add up to 1.
    ///
    /// A probability that is negative, infinite or NaN, or a row of nothing but 0, is an error that every
    /// read of the draws reports.
    /// - Parameters:
    ///   - probabilities: `[…, classes]`, f32 or f64.
    ///   - count: how many draws of each row.
    /// - Returns: i64 `[…, count]`.
    /// - Precondition: there is a class, and `count` is not negative.
    public static func categorical(probabilities: Self, count: Int) -> Self {
        let function = "categorical(probabilities:)"
        if let mistake = probabilities.drawingMistake(count, in: function) { return mistake }
        let known = probabilities.inRange(
            0...Double.greatestFiniteMagnitude, of: "probability", in: function,
            advice: "of scores there is categorical(logits:)")
        let largest = known.max(over: -1, keepingDimensions: true).inRange(
            Double.leastNonzeroMagnitude...Double.greatestFiniteMagnitude,
            of: "the largest probability", in: function)
        return categorical(known.cast(to: .f64).log(), where: largest .> 0, count)
    }

    /// One draw of each row: i64 `[…]` for probabilities `[…, classes]`, as
    /// `categorical(probabilities:count:)`.
    /// - Precondition: there is a class.
    public static func categorical(probabilities: Self) -> Self {
        categorical(probabilities: probabilities, count: 1).squeezed(at: -1)
    }

    /// What stands for the draws when these are no rows of classes, or there are no so many draws of them.
    private func drawingMistake(_ count: Int, in function: String) -> Self? {
        guard dtype.isComputedFloating, let classes = shape.extents.last, classes > 0 else {
            return refused(
                .shapeMismatch, in: function,
                "takes f32 or f64 [..., classes] with a class at least, not \(type)")
        }
        if count < 0 {
            return refused(.invalidValue, in: function, "the count \(count) is negative")
        }
        // That of the random numbers.
        let extents = shape.extents.dropLast() + [count, classes]
        if Shape(exactly: extents) != nil { return nil }
        return refused(
            .invalidValue, in: function,
            "the count \(count) of draws makes no shape \(Array(extents)): \(Shape.rule)")
    }

    /// - Parameter isGood: always true; what it is made of carries the errors.
    private static func categorical(_ logits: Self, where isGood: Self, _ count: Int) -> Self {
        let classes = logits.shape.extents.last ?? 0
        let known = select(isGood, logits, .zeros([], dtype: logits.dtype))
        let shape = Shape(Array(logits.shape.extents.dropLast()) + [count, classes])
        let noise = -(-uniform(shape, dtype: .f64).log()).log()
        return (known.expandingDimension(at: -2).cast(to: .f64) + noise).argmax(over: -1)
    }
}
