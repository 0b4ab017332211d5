public import BraidCore
import CBraidKernels

/// Functions of all elements along some axes.
public struct Reduction: Operator {
    /// The name in files.
    public static let name = "reduction"
    /// One operand.
    public static let arity: Int? = 1

    /// A function; the table `rule` says what it is.
    public enum Function: NamedCase {
        case sum, mean, product, maximum, minimum, all, any
    }

    /// The function.
    public let function: Function
    /// The function.
    public var title: String { "\(function)" }
    /// The axes to reduce, each in `-rank..<rank`; nil for all of them.
    public let axes: [Int]?
    /// Whether reduced axes stay, with extent 1.
    public let keepsDimensions: Bool
    /// The result's dtype, i64 or u64 for sums and products of integers and truth values; nil for the
    /// operand's.
    public let dtype: DType?

    package init(
        _ function: Function, axes: [Int]? = nil, keepsDimensions: Bool = false,
        dtype: DType? = nil
    ) {
        self.function = function
        self.axes = axes
        self.keepsDimensions = keepsDimensions
        self.dtype = dtype
    }

    /// The operand's dtype, or the one asked for; its shape without the reduced axes, or with extents 1
    /// there.
    /// - Throws: `ArrayError` for an unsuitable dtype, axes out of range or named twice, and for the
    ///   largest or smallest of no element.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        let (input, rule) = (inputs[0], function.rule)
        guard
            widens(input.dtype)
                || (rule.takes(input.dtype) && (dtype ?? input.dtype) == input.dtype)
        else { throw mistake(input) }
        let reduced = try ReducedAxes(axes, of: input.shape, in: title)
        if rule.valueOfNone == nil, reduced.count(in: input.shape) == 0,
            reduced.kept(of: input.shape).elementCount > 0
        {
            throw ArrayError(
                .shapeMismatch, in: title,
                "takes at least one element, but shape \(input.shape) has none along the axes")
        }
        return TensorType(
            dtype ?? input.dtype,
            keepsDimensions ? reduced.stretched(of: input.shape) : reduced.kept(of: input.shape))
    }

    /// Whether elements of a dtype are summed up, or multiplied, in 64 bits that are not their own.
    private func widens(_ operand: DType) -> Bool {
        (dtype == .i64 || dtype == .u64) && dtype != operand
            && (function == .sum || function == .product)
            && (operand.isInteger || operand == .bool)
    }

    /// Why there is no output.
    @inline(never)
    private func mistake(_ input: TensorType) -> ArrayError {
        let rule = function.rule
        guard rule.takes(input.dtype), let dtype else {
            return ArrayError(.unsupportedType, in: title, "takes \(rule.expected), not \(input)")
        }
        return ArrayError(
            .unsupportedType, in: title,
            "of \(input) gives no \(dtype); integers are summed up in i64 or u64, others in their own dtype"
        )
    }

    /// One operation per input element.
    public func cost(for inputs: Span<TensorType>, output: TensorType) -> Int { inputs[0].count }

    /// Reduces in the kernels' fixed order, which does not depend on the number of workers.
    public func evaluate(_ context: borrowing KernelContext) {
        let (input, output, rule) = (context.inputs[0], context.outputs[0], function.rule)
        let reduced = ReducedAxes(resolved: axes, of: input.shape)
        let count = reduced.count(in: input.shape)
        if count == 0 {
            let none = UnsafeBufferPointer<TensorView>(start: nil, count: 0)
            let value = rule.valueOfNone ?? 0  // nil only when there is no output element either
            runTileProgram(
                braid_instruction(BRAID_CONST, output.dtype, scalar: value), none,
                context.outputs.baseAddress!
            ) { pieces, body in context.parallelFor(pieces, body) }
            return
        }
        if widens(input.dtype) {
            let isSum = function == .sum
            reduced.reduce(
                isSum ? BRAID_REDUCE_WIDE_SUM : BRAID_REDUCE_WIDE_PROD, input, output, context)
            return
        }
        reduced.reduce(rule.kernel, input, output, context)
        if function == .mean {
            runTileProgram(
                braid_instruction(BRAID_DIVS, output.dtype, scalar: Double(count)),
                context.outputs, context.outputs.baseAddress!
            ) { pieces, body in context.parallelFor(pieces, body) }
        }
    }

    /// What the function's derivative reads.
    public var gradientNeeds: GradientNeeds { function.rule.needs }

    /// The function's derivative.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        let x = context.inputs[0]
        let reduced = ReducedAxes(resolved: axes, of: x.shape)
        let kept = reduced.stretched(of: x.shape).extents
        let dy = context.cotangent.reshaped(to: kept)
        func spread(_ symbol: Symbol) -> Symbol { symbol.broadcast(to: x.shape) }
        switch function {
        case .sum: return [spread(dy)]
        case .mean: return [spread(dy / Double(reduced.count(in: x.shape)))]
        case .product: return [spread(dy) * x.productOfOthers(reduced)]
        case .maximum, .minimum:
            // Ties share the cotangent evenly, as the symmetric subgradient.
            let wins = (x .== context.output.reshaped(to: kept)).cast(to: x.dtype)
            let winners = wins.sum(over: reduced.axes, keepingDimensions: true)
            return [wins * (dy / winners)]
        case .all, .any: return [nil]
        }
    }
}

extension Reduction.Function {
    /// What there is to know of a function.
    struct Rule {
        let kernel: braid_reduction
        /// The dtypes, in words and as a test.
        let expected: String
        let takes: (DType) -> Bool
        /// The value of no element, if there is one.
        let valueOfNone: Double?
        let needs: GradientNeeds
    }

    var rule: Rule {
        func numbers(
            _ kernel: braid_reduction, none: Double?, _ needs: GradientNeeds
        ) -> Rule {
            Rule(
                kernel: kernel, expected: "numbers", takes: { $0.isArithmetic }, valueOfNone: none,
                needs: needs)
        }
        func bools(_ kernel: braid_reduction, none: Double) -> Rule {
            Rule(
                kernel: kernel, expected: "bool", takes: { $0 == .bool }, valueOfNone: none,
                needs: [])
        }
        return switch self {
        case .sum: numbers(BRAID_REDUCE_SUM, none: 0, [])
        case .mean:
            Rule(
                kernel: BRAID_REDUCE_SUM, expected: "f32 or f64",
                takes: { $0.isComputedFloating }, valueOfNone: .nan, needs: [])
        case .product: numbers(BRAID_REDUCE_PROD, none: 1, .inputs)
        case .maximum: numbers(BRAID_REDUCE_MAX, none: nil, [.inputs, .outputs])
        case .minimum: numbers(BRAID_REDUCE_MIN, none: nil, [.inputs, .outputs])
        case .all: bools(BRAID_REDUCE_ALL, none: 1)
        case .any: bools(BRAID_REDUCE_ANY, none: 0)
        }
    }
}

extension Symbol {
    /// For each element the product of the others along the reduced axes. Products from the left and
    /// from the right, instead of a quotient, keep it right (and differentiable) where elements are 0.
    fileprivate func productOfOthers(_ reduced: ReducedAxes) -> Symbol {
        let kept = reduced.keptAxes(of: shape)
        let order = kept + reduced.axes
        let moved = transposed(axes: order)
        let length = reduced.count(in: shape)
        let rows = moved.reshaped(to: [reduced.kept(of: shape).elementCount, length])
        let others =
            rows.cumulativeProduct(axis: 1, exclusive: true)
            * rows.cumulativeProduct(axis: 1, exclusive: true, reversed: true)
        let back = (0..<order.count).map { order.firstIndex(of: $0)! }
        return others.reshaped(to: moved.shape.extents).transposed(axes: back)
    }

    /// The sum over the dimensions in which `shape` was broadcast to this symbol's shape.
    package func reduced(to shape: Shape) -> Symbol {
        if shape == self.shape { return self }
        let added = rank - shape.rank
        let axes = (0..<rank).filter {
            $0 < added || (shape[$0 - added] == 1 && self.shape[$0] != 1)
        }
        return withArithmetic { $0.sum(over: axes) }.reshaped(to: shape.extents)
    }
}

extension DType {
    /// The dtype of sums and products of elements of this one, unless another is asked for.
    package var ofSums: DType {
        switch self {
        case .u8, .u16, .u32, .u64: .u64
        case .i8, .i16, .i32, .i64, .bool: .i64
        case .f32, .f64, .f16, .bf16: self
        }
    }
}

extension Operand {
    /// The sum over `axes` (all of them when none is named). That of unsigned integers is u64, that of
    /// signed ones and of bool (how many are true) i64, unless a `dtype` is named, in which it is formed;
    /// beyond the dtype's range integers wrap. Of no element it is 0. Floating-point sums follow a fixed
    /// tree, whatever the number of workers.
    ///
    /// ```swift
    /// let x = NDArray([1, 2, 3, 4] as [Float], shape: [2, 2])
    /// x.sum()            // 10
    /// x.sum(over: 0)     // [4, 6]
    /// x.sum(over: -1, keepingDimensions: true)   // [[3], [7]]
    /// ```
    /// - Precondition: every axis is in `-rank..<rank` and named once.
    public func sum(
        over axes: Int..., keepingDimensions: Bool = false, dtype: DType? = nil
    ) -> Self {
        accumulated(.sum, axes.isEmpty ? nil : axes, keepingDimensions, dtype)
    }
    /// The sum over exactly these axes; over an empty list the elements themselves, in the sum's dtype.
    public func sum(
        over axes: [Int], keepingDimensions: Bool = false, dtype: DType? = nil
    ) -> Self {
        accumulated(.sum, axes, keepingDimensions, dtype)
    }
    /// The arithmetic mean over `axes` (all of them when none is named), of f32 and f64 (integers are cast
    /// first); NaN of no element.
    /// - Precondition: every axis is in `-rank..<rank` and named once.
    public func mean(over axes: Int..., keepingDimensions: Bool = false) -> Self {
        reduced(.mean, orAll: axes, keepingDimensions)
    }
    /// The arithmetic mean over exactly these axes.
    public func mean(over axes: [Int], keepingDimensions: Bool = false) -> Self {
        reduced(.mean, axes, keepingDimensions)
    }
    /// The product over `axes` (all of them when none is named). That of unsigned integers is u64, that of
    /// signed ones and of bool i64, unless a `dtype` is named, in which it is formed; beyond the dtype's
    /// range integers wrap. Of no element it is 1.
    /// - Precondition: every axis is in `-rank..<rank` and named once.
    public func product(
        over axes: Int..., keepingDimensions: Bool = false, dtype: DType? = nil
    ) -> Self {
        accumulated(.product, axes.isEmpty ? nil : axes, keepingDimensions, dtype)
    }
    /// The product over exactly these axes.
    public func product(
        over axes: [Int], keepingDimensions: Bool = false, dtype: DType? = nil
    ) -> Self {
        accumulated(.product, axes, keepingDimensions, dtype)
    }
    /// The largest element along `axes` (all of them when none is named), of numbers; NaN when one is
    /// NaN. Elements that tie share the gradient evenly.
    /// - Precondition: every axis is in `-rank..<rank` and named once, and there is an element.
    public func max(over axes: Int..., keepingDimensions: Bool = false) -> Self {
        reduced(.maximum, orAll: axes, keepingDimensions)
    }
    /// The largest element along exactly these axes.
    public func max(over axes: [Int], keepingDimensions: Bool = false) -> Self {
        reduced(.maximum, axes, keepingDimensions)
    }
    /// The smallest element along `axes` (all of them when none is named), of numbers; NaN when one
    /// is NaN. Elements that tie share the gradient evenly.
    /// - Precondition: every axis is in `-rank..<rank` and named once, and there is an element.
    public func min(over axes: Int..., keepingDimensions: Bool = false) -> Self {
        reduced(.minimum, orAll: axes, keepingDimensions)
    }
    /// The smallest element along exactly these axes.
    public func min(over axes: [Int], keepingDimensions: Bool = false) -> Self {
        reduced(.minimum, axes, keepingDimensions)
    }
    /// Whether all are true along `axes` (all of them when none is named), of bool; true of none.
    /// - Precondition: every axis is in `-rank..<rank` and named once.
    public func all(over axes: Int..., keepingDimensions: Bool = false) -> Self {
        reduced(.all, orAll: axes, keepingDimensions)
    }
    /// Whether any is true along `axes` (all of them when none is named), of bool; false of none.
    /// - Precondition: every axis is in `-rank..<rank` and named once.
    public func any(over axes: Int..., keepingDimensions: Bool = false) -> Self {
        reduced(.any, orAll: axes, keepingDimensions)
    }

    private func accumulated(
        _ function: Reduction.Function, _ axes: [Int]?, _ keepsDimensions: Bool, _ dtype: DType?
    ) -> Self {
        let dtype = dtype ?? self.dtype.ofSums
        if dtype == self.dtype { return reduced(function, axes, keepsDimensions) }
        // Integers widen as they are read; others are cast first.
        guard dtype == .i64 || dtype == .u64, self.dtype.isInteger || self.dtype == .bool else {
            return cast(to: dtype).reduced(function, axes, keepsDimensions)
        }
        return Self.apply(
            Reduction(function, axes: axes, keepsDimensions: keepsDimensions, dtype: dtype), self)
    }

    private func reduced(
        _ function: Reduction.Function, orAll axes: [Int], _ keepsDimensions: Bool
    ) -> Self {
        reduced(function, axes.isEmpty ? nil : axes, keepsDimensions)
    }

    private func reduced(
        _ function: Reduction.Function, _ axes: [Int]?, _ keepsDimensions: Bool
    ) -> Self {
        Self.apply(Reduction(function, axes: axes, keepsDimensions: keepsDimensions), self)
    }
}
