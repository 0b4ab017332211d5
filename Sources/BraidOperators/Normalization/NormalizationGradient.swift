public import BraidCore
import CBraidKernels

/// The gradients of `Normalization` for the cotangent of its result: with `g` the cotangent times the
/// weights and `x̂` the normalised operand, `(g - mean g - x̂ mean (g x̂)) / √(variance + epsilon)` for the
/// operand (without `mean g` where it is not centred), then, with weights, `Σ dy x̂` and `Σ dy` for weights
/// and biases; for groups these are sums over each sample.
public struct NormalizationGradient: Operator {
    /// The name in files.
    public static let name = "normalization_gradient"
    /// Takes dense operands.
    public static let traits: OperatorTraits = .denseInputs
    /// Operand, cotangent, variances, means if centred, weights if there are some.
    public static let arity: Int? = nil

    /// What is normalised together.
    public let axes: NormalizedAxes
    /// Added to variances.
    @BitExact public var epsilon: Double
    /// Whether means are taken off.
    public let isCentered: Bool
    /// Whether there are weights.
    public let isWeighted: Bool

    package init(_ axes: NormalizedAxes, epsilon: Double, isCentered: Bool, isWeighted: Bool) {
        self.axes = axes
        self.epsilon = epsilon
        self.isCentered = isCentered
        self.isWeighted = isWeighted
    }

    private var meanCount: Int { isCentered ? 1 : 0 }

    /// The operand's type.
    /// - Throws: `ArrayError` as `outputs(for:)`.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        try outputs(for: inputs)[0]
    }

    /// The operand's type and those of the sums.
    /// - Throws: `ArrayError` for other dtypes than f32 and f64, axes or groups that the operand does not
    ///   have, and operands that are not those of such a normalisation.
    public func outputs(for inputs: Span<TensorType>) throws(ArrayError) -> [TensorType] {
        let count = 3 + meanCount + (isWeighted ? 1 : 0)
        try require(
            inputs.count == count, .shapeMismatch, "takes \(count) operands, not \(inputs.count)")
        let (x, dy) = (inputs[0], inputs[1])
        try requireEpsilon(epsilon)
        try requireNormalizable(x, axes, parameters: inputs.extracting((3 + meanCount)...))
        try require(x == dy, .shapeMismatch, "takes a cotangent \(x), not \(dy)")
        let statistics = TensorType(x.dtype, try shape(axes.statisticsExtents(of: x.shape)))
        for index in 2..<3 + meanCount {
            try require(
                inputs[index] == statistics, .shapeMismatch,
                "takes statistics \(statistics) for \(x), not \(inputs[index])")
        }
        let sums = TensorType(x.dtype, try shape(axes.sumsExtents(of: x.shape)))
        return [x] + (isWeighted ? [sums, sums] : [])
    }

    /// A few operations per element.
    public func cost(for inputs: Span<TensorType>, output: TensorType) -> Int {
        saturatingProduct(8, output.count)
    }

    /// Works group by group; then, for weights of elements, over all groups.
    public func evaluate(_ context: borrowing KernelContext) {
        var kernel = NormalizationKernel(axes, context.inputs[0], epsilon: epsilon)
        kernel.arguments.dy = UnsafeRawPointer(context.dense(1))
        kernel.arguments.variance = context.dense(2)
        if isCentered { kernel.arguments.mean = context.dense(3) }
        kernel.arguments.y = context.outputs[0].address
        if isWeighted {
            kernel.setWeight(context.dense(3 + meanCount), of: axes)
            kernel.arguments.weight_sums = context.outputs[1].address
            kernel.arguments.bias_sums = context.outputs[2].address
        }
        kernel.run(Kernels.table.pointee.normalize_gradient, context)
        if kernel.arguments.weighs_elements != 0 {
            kernel.runOverElements(Kernels.table.pointee.normalize_weight_gradient, context)
        }
    }

    /// The operands.
    public var gradientNeeds: GradientNeeds { .inputs }

    /// The derivatives of the three formulas, composed of operators.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        let parts = NormalizedParts(axes, context.inputs[0].shape)
        let (x, dy) = (parts.whole(context.inputs[0]), parts.whole(context.inputs[1]))
        let scale = (parts.statistic(context.inputs[2]) + epsilon).reciprocalSquareRoot()
        let centered = isCentered ? x - parts.statistic(context.inputs[3]) : x
        let normalized = centered * scale
        let weight = isWeighted ? parts.weight(context.inputs[3 + meanCount]) : nil

        // By the normalised operand, by the factors, by the cotangent and by the weights.
        var (byNormalized, byScale, byCotangent): (Symbol?, Symbol?, Symbol?)
        var byWeight: Symbol?
        if let u = context.cotangents[0].map(parts.whole) {
            let flowing = weight.map { dy * $0 } ?? dy
            let slope = parts.mean(flowing * normalized)
            let scaled = u * scale
            let scaledSlope = parts.mean(scaled * normalized)
            byNormalized = -(scaled * slope + flowing * scaledSlope)
            var (inner, outer) = (flowing - normalized * slope, scaled - normalized * scaledSlope)
            if isCentered {
                inner = inner - parts.mean(flowing)
                outer = outer - parts.mean(scaled)
            }
            byScale = parts.total(u * inner)
            byCotangent = weight.map { outer * $0 } ?? outer
            if weight != nil { byWeight = parts.reducedToWeights(outer * dy) }
        }
        if isWeighted, let u = context.cotangents[1].map(parts.sum) {
            byNormalized = sum(byNormalized, u * dy)
            byCotangent = sum(byCotangent, u * normalized)
        }
        if isWeighted, let u = context.cotangents[2].map(parts.sum) {
            byCotangent = sum(byCotangent, u.broadcast(to: Shape(parts.extents)))
        }

        var (byOperand, byMean): (Symbol?, Symbol?)
        if let flowing = byNormalized {
            byOperand = flowing * scale
            byMean = -parts.total(flowing * scale)
            byScale = sum(byScale, parts.total(flowing * centered))
        }
        let byVariance = byScale.map { $0 * scale * scale * scale * -0.5 }
        let found = [byOperand, byCotangent, byVariance] + (isCentered ? [byMean] : [])
        return zip(found + (isWeighted ? [byWeight] : []), context.inputs).map {
            $0?.reshaped(to: $1.shape.extents)
        }
    }

    private func sum(_ a: Symbol?, _ b: Symbol) -> Symbol { a.map { $0 + b } ?? b }
}
