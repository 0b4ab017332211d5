public import BraidCore
import CBraidKernels

/// A random operator: f32 or f64 elements from a key operand, i64 [2] = (key, counter), by Philox
/// 4x32-10 (Salmon et al., SC 2011). Equal keys give equal elements on every machine.
protocol RandomOperator: Operator {
    var shape: Shape { get }
    var dtype: DType { get }
    /// The distribution and its two parameters.
    var distribution: (braid_random_kind, Double, Double) { get }
}

extension RandomOperator {
    /// Dtype and shape of the attributes.
    /// - Throws: `ArrayError` for other dtypes than f32 and f64, and for an operand that is no key.
    func inferred(_ inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        try require(
            inputs[0] == TensorType(.i64, [2]), .shapeMismatch,
            "takes a key i64[2], not \(inputs[0])")
        let type = TensorType(dtype, shape)
        try requireFloating(type)
        return type
    }

    func fill(_ context: borrowing KernelContext) {
        let key = context.inputs[0]
        let words = key.address.assumingMemoryBound(to: Int64.self)
        let seed = UInt64(bitPattern: words[0])
        let counter = UInt64(bitPattern: words[key.strides[0]])
        let output = context.outputs[0]
        let count = output.type.count
        let (kind, a, b) = distribution
        let pieceCount = 1 << 14
        context.parallelFor((count + pieceCount - 1) / pieceCount) { piece in
            Kernels.table.pointee.random(
                kind, braid_dtype(UInt32(output.dtype.rawValue)), seed, counter, a, b,
                output.address, Int64(piece * pieceCount),
                Int64(min((piece + 1) * pieceCount, count)))
        }
    }
}

/// Uniformly distributed in `[from, to)`.
public struct RandomUniform: RandomOperator {
    /// The name in files.
    public static let name = "random_uniform"
    /// Depends on the key operand; nothing flows back.
    public static let traits: OperatorTraits = [.random, .notDifferentiable]
    /// The key.
    public static let arity: Int? = 1
    /// The extents.
    public let shape: Shape
    /// f32 or f64.
    public let dtype: DType
    /// The lower bound.
    public let from: Double
    /// The upper bound, excluded.
    public let to: Double

    /// An operator from its attributes.
    public init(shape: Shape, dtype: DType, from: Double, to: Double) {
        self.shape = shape
        self.dtype = dtype
        self.from = from
        self.to = to
    }

    var distribution: (braid_random_kind, Double, Double) { (BRAID_RANDOM_UNIFORM, from, to) }
    /// Dtype and shape of the attributes.
    /// - Throws: also for bounds that are reversed or not finite in the dtype.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        try require(
            from <= to && dtype.holdsMagnitude(of: from) && dtype.holdsMagnitude(of: to)
                && dtype.holdsMagnitude(of: to - from), .invalidValue,
            "the bounds from \(from) to \(to) are no range of \(dtype)")
        return try inferred(inputs)
    }
    /// Fills the output.
    public func evaluate(_ context: borrowing KernelContext) { fill(context) }
}

/// Normally distributed.
public struct RandomNormal: RandomOperator {
    /// The name in files.
    public static let name = "random_normal"
    /// Depends on the key operand; nothing flows back.
    public static let traits: OperatorTraits = [.random, .notDifferentiable]
    /// The key.
    public static let arity: Int? = 1
    /// The extents.
    public let shape: Shape
    /// f32 or f64.
    public let dtype: DType
    /// The mean.
    public let mean: Double
    /// The standard deviation.
    public let standardDeviation: Double

    /// An operator from its attributes.
    public init(shape: Shape, dtype: DType, mean: Double, standardDeviation: Double) {
        self.shape = shape
        self.dtype = dtype
        self.mean = mean
        self.standardDeviation = standardDeviation
    }

    var distribution: (braid_random_kind, Double, Double) {
        (BRAID_RANDOM_NORMAL, mean, standardDeviation)
    }
    /// Dtype and shape of the attributes.
    /// - Throws: also for a mean that is not finite in the dtype, and a standard deviation that is not, or is
    ///   negative.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        try require(
            dtype.holdsFinite(mean), .invalidValue,
            "the mean \(mean) is no finite value of \(dtype)")
        try require(
            standardDeviation >= 0 && dtype.holdsMagnitude(of: standardDeviation), .invalidValue,
            "the standardDeviation \(standardDeviation) is negative or no finite "
                + "value of \(dtype)")
        return try inferred(inputs)
    }
    /// Fills the output.
    public func evaluate(_ context: borrowing KernelContext) { fill(context) }
}

/// 1 with a probability, else 0.
public struct RandomBernoulli: RandomOperator {
    /// The name in files.
    public static let name = "random_bernoulli"
    /// Depends on the key operand; nothing flows back.
    public static let traits: OperatorTraits = [.random, .notDifferentiable]
    /// The key.
    public static let arity: Int? = 1
    /// The extents.
    public let shape: Shape
    /// f32 or f64.
    public let dtype: DType
    /// The probability of 1.
    public let probability: Double

    /// An operator from its attributes.
    public init(shape: Shape, dtype: DType, probability: Double) {
        self.shape = shape
        self.dtype = dtype
        self.probability = probability
    }

    var distribution: (braid_random_kind, Double, Double) {
        (BRAID_RANDOM_BERNOULLI, probability, 0)
    }
    /// Dtype and shape of the attributes.
    /// - Throws: also for a probability outside `0...1`.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        try require(
            (0...1).contains(probability), .invalidValue,
            "the probability \(probability) is not in 0...1")
        return try inferred(inputs)
    }
    /// Fills the output.
    public func evaluate(_ context: borrowing KernelContext) { fill(context) }
}

extension Operand {
    /// Elements that are uniform in `[from, to)`, f32 or f64.
    /// - Precondition: the bounds are in order, and finite in the dtype.
    public static func uniform(
        _ shape: Shape, from: Double = 0, to: Double = 1, dtype: DType = .f32
    ) -> Self {
        apply(RandomUniform(shape: shape, dtype: dtype, from: from, to: to), randomKey())
    }
    /// Normally distributed elements, f32 or f64.
    /// - Precondition: both numbers are finite in the dtype, and `standardDeviation` is not negative.
    public static func normal(
        _ shape: Shape, mean: Double = 0, standardDeviation: Double = 1, dtype: DType = .f32
    ) -> Self {
        apply(
            RandomNormal(
                shape: shape, dtype: dtype, mean: mean, standardDeviation: standardDeviation),
            randomKey())
    }
    /// Elements that are 1 with a probability and else 0, f32 or f64.
    /// - Precondition: `probability` is in `0...1`.
    public static func bernoulli(
        _ shape: Shape, probability: Double, dtype: DType = .f32
    ) -> Self {
        apply(RandomBernoulli(shape: shape, dtype: dtype, probability: probability), randomKey())
    }
}
