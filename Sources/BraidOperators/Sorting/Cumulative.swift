public import BraidCore
import CBraidKernels

/// For each element the sum or the product of the elements along an axis up to it.
public struct Cumulative: Operator {
    /// The name in files.
    public static let name = "cumulative"
    /// Takes a dense operand.
    public static let traits: OperatorTraits = .denseInputs
    /// One operand.
    public static let arity: Int? = 1

    /// What is made of the elements.
    public enum Function: NamedCase {
        case sum, product
    }

    /// What is made of the elements.
    public let function: Function
    /// The axis, in `-rank..<rank`.
    public let axis: Int
    /// Whether each element itself is left out, so that the first result is 0 or 1.
    public let isExclusive: Bool
    /// Whether elements are taken from the axis's end.
    public let isReversed: Bool

    package init(
        _ function: Function, axis: Int, isExclusive: Bool = false, isReversed: Bool = false
    ) {
        self.function = function
        self.axis = axis
        self.isExclusive = isExclusive
        self.isReversed = isReversed
    }

    /// The operand's type.
    /// - Throws: `ArrayError` for another dtype than numbers and an axis out of range.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        try require(inputs[0], "numbers") { $0.isArithmetic }
        _ = try resolve(axis: axis, of: inputs[0].shape)
        return inputs[0]
    }

    /// Walks along the axis, in pieces of what stands before it.
    public func evaluate(_ context: borrowing KernelContext) {
        let output = context.outputs[0]
        if output.type.count == 0 { return }
        let (x, parts) = (context.dense(0), IndexedAxis(output.shape, axis: axis))
        let pieces = Pieces(parts.outer, cost: parts.extent * parts.inner)
        context.parallelFor(pieces.count) { piece in
            let range = pieces[piece]
            Kernels.table.pointee.scan(
                function == .sum ? BRAID_SCAN_SUM : BRAID_SCAN_PRODUCT, output.kernelType, x,
                output.address, Int64(parts.extent), Int64(parts.inner), isExclusive ? 1 : 0,
                isReversed ? 1 : 0, Int64(range.lowerBound), Int64(range.upperBound))
        }
    }

    /// The elements, for products.
    public var gradientNeeds: GradientNeeds { function == .sum ? [] : .inputs }

    /// Of sums the sum from the other end. Of products, without a division, so that zeros do no harm:
    /// the product before an element times `Σ dy[j] Π x[k]` over what comes after it, which is a linear
    /// recurrence from the other end.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        let (x, dy) = (context.inputs[0], context.cotangent)
        if function == .sum {
            let back = Cumulative(
                .sum, axis: axis, isExclusive: isExclusive, isReversed: !isReversed)
            return [.apply(back, dy)]
        }
        let before = Symbol.apply(
            Cumulative(.product, axis: axis, isExclusive: true, isReversed: isReversed), x)
        let step = isReversed ? 1 : -1
        func carried(_ factors: Symbol) -> Symbol {
            linearRecurrence(factors, dy, axis: axis, reversed: !isReversed)
        }
        return [
            isExclusive
                ? before.multiplied(byShifted: carried(x), by: step, axis: axis)
                : before * carried(x.rolled(by: step, axis: axis))
        ]
    }
}

/// The linear recurrence `y[k] = a[k] y[k - 1] + b[k]` along an axis, with `y[0] = b[0]`.
public struct LinearRecurrence: Operator {
    /// The name in files.
    public static let name = "linear_recurrence"
    /// Takes dense operands.
    public static let traits: OperatorTraits = .denseInputs
    /// Factors and terms.
    public static let arity: Int? = 2

    /// The axis, in `-rank..<rank`.
    public let axis: Int
    /// Whether it starts at the axis's end: `y[k] = a[k] y[k + 1] + b[k]`.
    public let isReversed: Bool

    package init(axis: Int, isReversed: Bool) {
        self.axis = axis
        self.isReversed = isReversed
    }

    /// The operands' type.
    /// - Throws: `ArrayError` for other dtypes than f32 and f64, operands of different types, and an
    ///   axis out of range.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        try requireFloating(inputs[0])
        try requireSameType(inputs[0], inputs[1])
        try require(
            inputs[0].shape == inputs[1].shape, .shapeMismatch,
            "takes operands of one shape, not \(inputs[0].shape) and \(inputs[1].shape)")
        _ = try resolve(axis: axis, of: inputs[0].shape)
        return inputs[0]
    }

    /// Walks along the axis, in pieces of what stands before it.
    public func evaluate(_ context: borrowing KernelContext) {
        let output = context.outputs[0]
        if output.type.count == 0 { return }
        let (a, b) = (context.dense(0), context.dense(1))
        let parts = IndexedAxis(output.shape, axis: axis)
        let pieces = Pieces(parts.outer, cost: 2 * parts.extent * parts.inner)
        context.parallelFor(pieces.count) { piece in
            let range = pieces[piece]
            Kernels.table.pointee.recurrence(
                output.kernelType, a, b, output.address, Int64(parts.extent), Int64(parts.inner),
                isReversed ? 1 : 0, Int64(range.lowerBound), Int64(range.upperBound))
        }
    }

    /// Factors and results.
    public var gradientNeeds: GradientNeeds { [.inputs, .outputs] }

    /// The cotangents run back through the same factors; a factor's is that times the result before.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        let step = isReversed ? 1 : -1
        let factors = context.inputs[0].rolled(by: step, axis: axis)
        let flowing = linearRecurrence(
            factors, context.cotangent, axis: axis, reversed: !isReversed)
        return [
            flowing.multiplied(byShifted: context.output, by: -step, axis: axis), flowing,
        ]
    }
}

extension Symbol {
    /// The product with elements moved by one place; 0, be this infinite or not, where one is missing.
    fileprivate func multiplied(byShifted other: Symbol, by step: Int, axis: Int) -> Symbol {
        guard let axis = shape.resolved(axis: axis), shape[axis] > 0 else { return self }
        let (front, back) = (0..<(shape[axis] - 1), 1..<shape[axis])
        let product =
            part(step > 0 ? back : front, of: axis) * other.part(step > 0 ? front : back, of: axis)
        return product.padded(
            by: (0..<rank).map { $0 != axis ? (0, 0) : step > 0 ? (1, 0) : (0, 1) })
    }
}

/// The linear recurrence `y[k] = a[k] y[k - 1] + b[k]` along `axis`, which starts with `y[0] = b[0]`; with
/// `reversed` it starts at the end, `y[k] = a[k] y[k + 1] + b[k]`. Of f32 or f64, carried in f64. The first
/// factor is not used.
/// - Precondition: both operands have one type, and `axis` is in `-rank..<rank`.
public func linearRecurrence<T: Operand>(
    _ a: T, _ b: T, axis: Int = -1, reversed: Bool = false
) -> T {
    T.apply(LinearRecurrence(axis: axis, isReversed: reversed), a, b)
}

extension Operand {
    /// For each element the sum of those along `axis` up to it, itself left out when `exclusive`; with
    /// `reversed` from the end. Sums of unsigned integers are u64, those of signed ones and of bool i64,
    /// unless a `dtype` is named, in which they are formed; beyond its range integers wrap. Floats are
    /// summed up in f64.
    /// - Precondition: `axis` is in `-rank..<rank`.
    public func cumulativeSum(
        axis: Int = -1, exclusive: Bool = false, reversed: Bool = false, dtype: DType? = nil
    ) -> Self {
        Self.apply(
            Cumulative(.sum, axis: axis, isExclusive: exclusive, isReversed: reversed),
            cast(to: dtype ?? self.dtype.ofSums))
    }

    /// For each element the product of those along `axis` up to it, itself left out when `exclusive`;
    /// with `reversed` from the end. Products of unsigned integers are u64, those of signed ones and of
    /// bool i64, unless a `dtype` is named, in which they are formed; beyond its range integers wrap.
    /// Floats are multiplied in f64. The gradient is right where elements are 0.
    /// - Precondition: `axis` is in `-rank..<rank`.
    public func cumulativeProduct(
        axis: Int = -1, exclusive: Bool = false, reversed: Bool = false, dtype: DType? = nil
    ) -> Self {
        Self.apply(
            Cumulative(.product, axis: axis, isExclusive: exclusive, isReversed: reversed),
            cast(to: dtype ?? self.dtype.ofSums))
    }
}
