public import BraidCore
import CBraidKernels

/// Normalised exponentials along one axis: `exp(x - max x) / Σ exp(x - max x)`.
public struct Softmax: Operator {
    /// The name in files.
    public static let name = "softmax"
    /// Takes a dense operand.
    public static let traits: OperatorTraits = .denseInputs
    /// One operand.
    public static let arity: Int? = 1

    /// The axis, in `-rank..<rank`.
    public let axis: Int

    package init(axis: Int) { self.axis = axis }

    /// The operand's type.
    /// - Throws: `ArrayError` for other dtypes than f32 and f64 and for an axis out of range.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        try requireFloating(inputs[0])
        _ = try resolve(axis: axis, of: inputs[0].shape)
        return inputs[0]
    }

    /// About that of an exponential per element.
    public func cost(for inputs: Span<TensorType>, output: TensorType) -> Int {
        saturatingProduct(SoftmaxRows.costPerElement, output.count)
    }

    /// Normalises row by row.
    public func evaluate(_ context: borrowing KernelContext) {
        let y = context.outputs[0]
        SoftmaxRows(y.shape, axis: axis)
            .run(BRAID_SOFTMAX, y.type, context.dense(0), y.address, context)
    }

    /// The result.
    public var gradientNeeds: GradientNeeds { .outputs }

    /// `y (dy - Σ dy y)`.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        let (y, dy) = (context.output, context.cotangent)
        return [y * (dy - (dy * y).sum(over: axis, keepingDimensions: true))]
    }
}

/// The logarithm of `Softmax` without its overflow: `x - max x - log Σ exp(x - max x)`.
public struct LogSoftmax: Operator {
    /// The name in files.
    public static let name = "log_softmax"
    /// Takes a dense operand.
    public static let traits: OperatorTraits = .denseInputs
    /// One operand.
    public static let arity: Int? = 1

    /// The axis, in `-rank..<rank`.
    public let axis: Int

    package init(axis: Int) { self.axis = axis }

    /// The operand's type.
    /// - Throws: `ArrayError` for other dtypes than f32 and f64 and for an axis out of range.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        try requireFloating(inputs[0])
        _ = try resolve(axis: axis, of: inputs[0].shape)
        return inputs[0]
    }

    /// About that of an exponential per element.
    public func cost(for inputs: Span<TensorType>, output: TensorType) -> Int {
        saturatingProduct(SoftmaxRows.costPerElement, output.count)
    }

    /// Normalises row by row.
    public func evaluate(_ context: borrowing KernelContext) {
        let y = context.outputs[0]
        SoftmaxRows(y.shape, axis: axis)
            .run(BRAID_LOG_SOFTMAX, y.type, context.dense(0), y.address, context)
    }

    /// The result.
    public var gradientNeeds: GradientNeeds { .outputs }

    /// `dy - exp(y) Σ dy`.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        let (y, dy) = (context.output, context.cotangent)
        return [dy - y.exp() * dy.sum(over: axis, keepingDimensions: true)]
    }
}

/// A dense array as `[outer, length, inner]` around the axis that is normalised.
struct SoftmaxRows {
    /// An exponential in scalar operations.
    static let costPerElement = 8

    private var (outer, length, inner) = (1, 1, 1)

    init(_ shape: Shape, axis: Int) {
        let axis = axis < 0 ? axis + shape.rank : axis
        for other in 0..<axis { outer *= shape[other] }
        length = shape[axis]
        for other in (axis + 1)..<shape.rank { inner *= shape[other] }
    }

    func run(
        _ kind: braid_softmax_kind, _ type: TensorType, _ x: UnsafeRawPointer,
        _ y: UnsafeMutableRawPointer, _ context: borrowing KernelContext
    ) {
        if type.count == 0 { return }
        let pieces = Pieces(outer, cost: Self.costPerElement * length * inner)
        context.parallelFor(pieces.count) { piece in
            let range = pieces[piece]
            Kernels.table.pointee.softmax(
                kind, braid_dtype(UInt32(type.dtype.rawValue)), x, y, Int64(outer), Int64(length),
                Int64(inner), Int64(range.lowerBound), Int64(range.upperBound))
        }
    }
}

extension Operand {
    /// The softmax along `axis`, of f32 or f64.
    /// - Precondition: `axis` is in `-rank..<rank`.
    public func softmax(axis: Int = -1) -> Self { Self.apply(Softmax(axis: axis), self) }

    /// The logarithm of the softmax along `axis`, of f32 or f64, without overflow.
    /// - Precondition: `axis` is in `-rank..<rank`.
    public func logSoftmax(axis: Int = -1) -> Self { Self.apply(LogSoftmax(axis: axis), self) }
}
