public import BraidCore
import CBraidKernels

/// Where the largest or smallest element along an axis stands.
public struct ArgReduction: Operator {
    /// The name in files.
    public static let name = "arg_reduction"
    /// Nothing flows back through a position.
    public static let traits: OperatorTraits = .notDifferentiable
    /// One operand.
    public static let arity: Int? = 1

    /// Which element is looked for.
    public enum Function: NamedCase {
        case argmax, argmin

        var kernel: braid_reduction {
            self == .argmax ? BRAID_REDUCE_ARGMAX : BRAID_REDUCE_ARGMIN
        }
    }

    /// Which element is looked for.
    public let function: Function
    /// The function.
    public var title: String { "\(function)" }
    /// The axis to search along, in `-rank..<rank`; nil for the flattened array.
    public let axis: Int?
    /// Whether the searched axes stay, with extent 1.
    public let keepsDimensions: Bool

    package init(_ function: Function, axis: Int? = nil, keepsDimensions: Bool = false) {
        self.function = function
        self.axis = axis
        self.keepsDimensions = keepsDimensions
    }

    private var axes: [Int]? { axis.map { [$0] } }

    /// i64 of the operand's shape without the axis, or with extent 1 there.
    /// - Throws: `ArrayError` for another dtype than numbers, an axis out of range, and for no element
    ///   along it.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        let input = inputs[0]
        guard input.dtype.isArithmetic else {
            throw ArrayError(.unsupportedType, in: title, "takes numbers, not \(input)")
        }
        let reduced = try ReducedAxes(axes, of: input.shape, in: title)
        let kept = reduced.kept(of: input.shape)
        guard reduced.count(in: input.shape) > 0 || kept.elementCount == 0 else {
            throw ArrayError(
                .shapeMismatch, in: title,
                "takes at least one element, but shape \(input.shape) has none along the axis")
        }
        return TensorType(.i64, keepsDimensions ? reduced.stretched(of: input.shape) : kept)
    }

    /// One operation per input element.
    public func cost(for inputs: Span<TensorType>, output: TensorType) -> Int { inputs[0].count }

    /// Searches.
    public func evaluate(_ context: borrowing KernelContext) {
        let (input, output) = (context.inputs[0], context.outputs[0])
        if output.type.count == 0 { return }
        ReducedAxes(resolved: axes, of: input.shape)
            .reduce(function.kernel, input, output, context)
    }
}

extension Operand {
    /// The position (i64) of the first largest element along `axis`, of numbers; a NaN is largest.
    /// - Precondition: `axis` is in `-rank..<rank`, and there is an element along it.
    public func argmax(over axis: Int, keepingDimensions: Bool = false) -> Self {
        Self.apply(ArgReduction(.argmax, axis: axis, keepsDimensions: keepingDimensions), self)
    }
    /// The position (i64, a scalar) of the first largest element of the flattened array.
    /// - Precondition: there is an element.
    public func argmax() -> Self { Self.apply(ArgReduction(.argmax), self) }
    /// The position (i64) of the first smallest element along `axis`, of numbers; a NaN is smallest.
    /// - Precondition: `axis` is in `-rank..<rank`, and there is an element along it.
    public func argmin(over axis: Int, keepingDimensions: Bool = false) -> Self {
        Self.apply(ArgReduction(.argmin, axis: axis, keepsDimensions: keepingDimensions), self)
    }
    /// The position (i64, a scalar) of the first smallest element of the flattened array.
    /// - Precondition: there is an element.
    public func argmin() -> Self { Self.apply(ArgReduction(.argmin), self) }
}
