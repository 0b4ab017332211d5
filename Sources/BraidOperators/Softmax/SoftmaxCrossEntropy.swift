public import BraidCore
import CBraidKernels

/// The negative logarithm of the softmax at each sample's label: from scores `[batch, classes]` and
/// labels `[batch]` to losses `[batch]`. A label outside `0..<classes` is an error of the result.
public struct SoftmaxCrossEntropy: Operator {
    /// The name in files.
    public static let name = "softmax_cross_entropy"
    /// Takes dense operands, and looks at the labels.
    public static let traits: OperatorTraits = [.denseInputs, .checksValues]
    /// Scores and labels.
    public static let arity: Int? = 2

    /// The label of samples that do not count: their losses are 0, and nothing flows to their scores.
    public let ignoredLabel: Int?

    package init(ignoring ignoredLabel: Int? = nil) { self.ignoredLabel = ignoredLabel }

    /// The function.
    public var title: String { "softmaxCrossEntropy" }

    /// The scores' dtype, `[batch]`.
    /// - Throws: `ArrayError` for scores that are not f32 or f64 `[batch, classes]`, labels that are no
    ///   integers `[batch]`, and an ignored label beyond 2^53.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        let (scores, labels) = (inputs[0], inputs[1])
        let mistake = ignoredLabel.flatMap(RangeCheck.mistake(ofIgnoredLabel:))
        try require(mistake == nil, .invalidValue, mistake ?? "")
        try requireFloating(scores)
        try requireRank(2, scores, "scores [batch, classes]")
        try require(labels, "integer labels") { $0.isInteger }
        try require(
            labels.shape == [scores.shape[0]], .shapeMismatch,
            "takes labels [\(scores.shape[0])] for scores \(scores.shape), not \(labels.shape)")
        return TensorType(scores.dtype, labels.shape)
    }

    /// Labels below the number of classes, but for the ignored one.
    public func indexBound(ofInput input: Int, for inputs: Span<TensorType>) -> Int? {
        input == 1 ? inputs[0].shape[1] : nil
    }

    /// Looks at the labels.
    /// - Throws: `ArrayError` naming the first one outside the classes.
    public func checkValues(_ context: borrowing KernelContext) throws(ArrayError) {
        let classes = context.inputs[0].shape[1]
        try RangeCheck(
            0, [Double(classes - 1)], of: "label", in: title, exception: ignoredLabel,
            advice: RangeCheck.labelAdvice
        ).checkValues(ofInput: 1, context)
    }

    /// About that of an exponential per score.
    public func cost(for inputs: Span<TensorType>, output: TensorType) -> Int {
        saturatingProduct(SoftmaxRows.costPerElement, inputs[0].count)
    }

    /// The logarithms of the softmax.
    public func scratchByteCount(for inputs: Span<TensorType>) -> Int { inputs[0].byteCount }

    /// Normalises, then picks.
    public func evaluate(_ context: borrowing KernelContext) {
        let scores = context.inputs[0].type
        if let logarithms = context.scratch {
            SoftmaxRows(scores.shape, axis: 1)
                .run(BRAID_LOG_SOFTMAX, scores, context.dense(0), logarithms, context)
        }
        switch scores.dtype {
        case .f32: pick(Float.self, context)
        default: pick(Double.self, context)
        }
    }

    private func pick<T: FloatingScalar>(_ type: T.Type, _ context: borrowing KernelContext) {
        let labels = context.inputs[1].type.dtype
        let losses = context.outputs[0].address.assumingMemoryBound(to: T.self)
        let batch = context.outputs[0].type.count
        let classes = context.inputs[0].shape[1]
        let logarithms = context.scratch?.assumingMemoryBound(to: T.self)
        let labelAddress = context.dense(1)
        func pick<Label: FixedWidthInteger>(_ type: Label.Type) {
            let labels = labelAddress.assumingMemoryBound(to: Label.self)
            for sample in 0..<batch {
                let label = Int(exactly: labels[sample])
                if label != nil, label == ignoredLabel {
                    losses[sample] = 0
                } else if let logarithms, let label, label >= 0, label < classes {
                    losses[sample] = -logarithms[sample * classes + label]
                } else {
                    // Looked for before; no read out of bounds follows from a caller that did not.
                    losses[sample] = .nan
                }
            }
        }
        switch labels {
        case .i8: pick(Int8.self)
        case .i16: pick(Int16.self)
        case .i32: pick(Int32.self)
        case .u8: pick(UInt8.self)
        case .u16: pick(UInt16.self)
        case .u32: pick(UInt32.self)
        case .u64: pick(UInt64.self)
        default: pick(Int64.self)
        }
    }

    /// Both operands' values.
    public var gradientNeeds: GradientNeeds { .inputs }

    /// `dy (softmax - one hot)` for the scores; nothing flows into labels.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        let (scores, labels) = (context.inputs[0], context.inputs[1])
        let known = labels.inRange(
            0..<scores.shape[1], of: "label", in: title, exception: ignoredLabel,
            advice: RangeCheck.labelAdvice)
        let hits = known.hits(classes: scores.shape[1], dtype: scores.dtype)
        let slopes =
            (scores.softmax(axis: 1) - hits) * context.cotangent.expandingDimension(at: 1)
        guard let ignoredLabel else { return [slopes, nil] }
        let isIgnored = (known.cast(to: .i64) .== Double(ignoredLabel)).expandingDimension(at: 1)
        return [select(isIgnored, .zeros([], dtype: slopes.dtype), slopes), nil]
    }
}

/// The loss of each row, `-log softmax(scores)[label]`: from scores `[rows, classes]`, f32 or f64, and
/// integer labels `[rows]` to losses `[rows]`. The gradient is `softmax(scores) - one hot`. A label outside
/// `0..<classes` is an error of the result, but for the ignored one, whose rows have the loss 0.
/// - Precondition: the shapes are `[rows, classes]` and `[rows]`.
package func softmaxCrossEntropy<T: Operand>(
    ofRows scores: T, _ labels: T, ignoring ignoredLabel: Int? = nil
) -> T {
    T.apply(SoftmaxCrossEntropy(ignoring: ignoredLabel), scores, labels)
}
