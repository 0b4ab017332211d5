public import BraidCore
import CBraidKernels

/// Elements of groups that `axes` says, brought to mean 0 and variance 1, then scaled by weights and moved
/// by biases: `(x - mean) / √(variance + epsilon) weight + bias` with the variance of the group itself,
/// `Σ (x - mean)² / n`; without centring, `x / √(Σ x² / n + epsilon) weight`. Batch, layer, group,
/// instance and RMS normalisation.
///
/// The outputs are the result, the variances (or mean squares) and, with centring, the means. Moments are
/// computed in two passes over blocks that are then combined, so that large means do no harm.
public struct Normalization: Operator {
    /// The name in files.
    public static let name = "normalization"
    /// Takes dense operands.
    public static let traits: OperatorTraits = [.denseInputs, .mayReuseFirstInput]
    /// The operand, then weights, then biases.
    public static let arity: Int? = nil

    /// What is normalised together.
    public let axes: NormalizedAxes
    /// Added to variances.
    @BitExact public var epsilon: Double
    /// Whether means are taken off.
    public let isCentered: Bool

    package init(_ axes: NormalizedAxes, epsilon: Double, isCentered: Bool = true) {
        self.axes = axes
        self.epsilon = epsilon
        self.isCentered = isCentered
    }

    /// The operand's type.
    /// - Throws: `ArrayError` as `outputs(for:)`.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        try outputs(for: inputs)[0]
    }

    /// The operand's type, and that of a statistic for each group.
    /// - Throws: `ArrayError` for other dtypes than f32 and f64, axes or groups that the operand does not
    ///   have, and weights or biases of other types than theirs.
    public func outputs(for inputs: Span<TensorType>) throws(ArrayError) -> [TensorType] {
        try require(
            (1...3).contains(inputs.count), .shapeMismatch,
            "takes an operand, weights and biases, not \(inputs.count) operands")
        let x = inputs[0]
        try requireEpsilon(epsilon)
        try requireNormalizable(x, axes, parameters: inputs.extracting(1...))
        let statistics = TensorType(x.dtype, try shape(axes.statisticsExtents(of: x.shape)))
        return [x, statistics] + (isCentered ? [statistics] : [])
    }

    /// A few operations per element.
    public func cost(for inputs: Span<TensorType>, output: TensorType) -> Int {
        saturatingProduct(8, output.count)
    }

    /// Normalises group by group.
    public func evaluate(_ context: borrowing KernelContext) {
        var kernel = NormalizationKernel(axes, context.inputs[0], epsilon: epsilon)
        if context.inputs.count > 1 { kernel.setWeight(context.dense(1), of: axes) }
        if context.inputs.count > 2 {
            kernel.arguments.bias = UnsafeRawPointer(context.dense(2))
        }
        kernel.arguments.y = context.outputs[0].address
        kernel.arguments.variance = context.outputs[1].address
        if isCentered { kernel.arguments.mean = context.outputs[2].address }
        kernel.run(Kernels.table.pointee.normalize, context)
    }

    /// Operand and weights, and the statistics.
    public var gradientNeeds: GradientNeeds { [.inputs, .outputs] }

    /// `NormalizationGradient` for the result; the statistics' derivatives are `2 (x - mean) / n` and
    /// `1 / n`.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        let x = context.inputs[0]
        let (variance, mean) = (context.outputs[1], isCentered ? context.outputs[2] : nil)
        var flowing = [Symbol?](repeating: nil, count: context.inputs.count)
        if let dy = context.cotangents[0] {
            let op = NormalizationGradient(
                axes, epsilon: epsilon, isCentered: isCentered,
                isWeighted: context.inputs.count > 1)
            let weight = context.inputs.count > 1 ? context.inputs[1] : nil
            let found = Symbol.applyAll(
                op, to: [x, dy, variance] + [mean, weight].compactMap(\.self))
            flowing[0] = found[0]
            for index in 1..<flowing.count {
                // Groups have a sum for each sample.
                flowing[index] = found[index].reduced(to: context.inputs[index].shape)
            }
        }
        let parts = NormalizedParts(axes, x.shape)
        func add(_ term: Symbol) {
            let term = term.reshaped(to: x.shape.extents)
            flowing[0] = flowing[0].map { $0 + term } ?? term
        }
        if let dv = context.cotangents[1] {
            let centered =
                parts.whole(x) - (mean.map(parts.statistic) ?? .full([], 0, dtype: x.dtype))
            add(centered * (parts.statistic(dv) * (2 / Double(parts.groupCount))))
        }
        if isCentered, let dm = context.cotangents[2] {
            let share = parts.statistic(dm) * (1 / Double(parts.groupCount))
            add(share.broadcast(to: Shape(parts.extents)))
        }
        return flowing
    }
}

extension Operator {
    /// Passes what can be added to a variance before its root is taken.
    func requireEpsilon(_ epsilon: Double) throws(ArrayError) {
        try require(
            epsilon >= 0 && epsilon.isFinite, .invalidValue,
            "the epsilon \(epsilon) is negative or not finite")
    }

    /// Passes an operand with such axes, and its weights and biases.
    /// - Throws: `ArrayError` naming what does not fit.
    func requireNormalizable(
        _ x: TensorType, _ axes: NormalizedAxes, parameters: Span<TensorType>
    ) throws(ArrayError) {
        try requireFloating(x)
        let expected = TensorType(x.dtype, try axes.weightShape(of: x.shape, in: Self.name))
        for index in parameters.indices {
            try require(
                parameters[index] == expected, .shapeMismatch,
                "takes weights and biases \(expected) for \(x), not \(parameters[index])")
        }
    }
}

/// An operand with one axis for each part of its groups, for gradient rules.
struct NormalizedParts {
    /// The operand's extents.
    let extents: [Int]
    /// The axes of `extents` that are normalised over.
    let axes: [Int]
    // What statistics, weights and sums for weights' gradients have, to broadcast to `extents`.
    private let (statistics, weights, sums): ([Int], [Int], [Int])

    init(_ normalized: NormalizedAxes, _ shape: Shape) {
        func product(_ axes: Range<Int>) -> Int { axes.reduce(1) { $0 * shape[$1] } }
        switch normalized {
        case .channels:
            extents = [shape[0], shape[1], product(2..<shape.rank)]
            axes = [0, 2]
            statistics = [1, shape[1], 1]
            weights = statistics
            sums = statistics
        case .groups(let count):
            let channels = shape[1] / count
            extents = [shape[0], count, channels, product(2..<shape.rank)]
            axes = [2, 3]
            statistics = [shape[0], count, 1, 1]
            weights = [1, count, channels, 1]
            sums = [shape[0], count, channels, 1]
        case .trailing(let count):
            let first = shape.rank - count
            extents = [product(0..<first), product(first..<shape.rank)]
            axes = [1]
            statistics = [extents[0], 1]
            weights = [1, extents[1]]
            sums = weights
        }
    }

    /// How many elements are normalised together.
    var groupCount: Int { axes.reduce(1) { $0 * extents[$1] } }

    func whole(_ x: Symbol) -> Symbol { x.reshaped(to: extents) }
    func statistic(_ value: Symbol) -> Symbol { value.reshaped(to: statistics) }
    func weight(_ value: Symbol) -> Symbol { value.reshaped(to: weights) }
    func sum(_ value: Symbol) -> Symbol { value.reshaped(to: sums) }

    /// The sum over each group.
    func total(_ x: Symbol) -> Symbol { x.sum(over: axes, keepingDimensions: true) }
    /// The mean of each group.
    func mean(_ x: Symbol) -> Symbol { total(x) * (1 / Double(groupCount)) }
    /// The sum over all that a weight belongs to.
    func reducedToWeights(_ x: Symbol) -> Symbol { x.reduced(to: Shape(weights)) }
}
