public import BraidCore
package import CBraidKernels

/// Comparisons of two operands, element by element; shapes broadcast, the result is bool.
public struct Comparison: PointwiseOperator {
    /// The name in files.
    public static let name = "comparison"
    /// Pointwise; nothing flows back through a truth value.
    public static let traits: OperatorTraits = [.pointwise, .notDifferentiable]
    /// Two operands.
    public static let arity: Int? = 2

    /// How to compare.
    public enum Function: NamedCase {
        case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual

        var opcodes: (arrays: braid_opcode, scalar: braid_opcode) {
            switch self {
            case .equal: (BRAID_EQ, BRAID_EQS)
            case .notEqual: (BRAID_NE, BRAID_NES)
            case .less: (BRAID_LT, BRAID_LTS)
            case .lessOrEqual: (BRAID_LE, BRAID_LES)
            case .greater: (BRAID_GT, BRAID_GTS)
            case .greaterOrEqual: (BRAID_GE, BRAID_GES)
            }
        }
    }

    /// How to compare.
    public let function: Function
    /// The function.
    public var title: String { "\(function)" }

    package init(_ function: Function) { self.function = function }

    /// Bool of the shape that the operands broadcast to.
    /// - Throws: `ArrayError` for unequal or unsuitable dtypes and shapes that do not broadcast.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        try requireSameType(inputs[0], inputs[1])
        let compares = function == .equal || function == .notEqual
        try require(inputs[0], compares ? "numbers or bool" : "numbers") {
            $0.isArithmetic || (compares && $0 == .bool)
        }
        return TensorType(.bool, try broadcast(inputs[0], inputs[1]))
    }

    package func instruction(for inputs: UnsafeBufferPointer<TensorView>) -> braid_instruction {
        braid_instruction(function.opcodes.arrays, inputs[0].dtype)
    }

    /// Runs the tile program.
    public func evaluate(_ context: borrowing KernelContext) { run(context) }
}

/// Comparisons of an array with a scalar.
public struct ComparisonScalar: PointwiseOperator {
    /// The name in files.
    public static let name = "comparison_scalar"
    /// Pointwise; nothing flows back through a truth value.
    public static let traits: OperatorTraits = [.pointwise, .notDifferentiable]
    /// One operand beside the scalar.
    public static let arity: Int? = 1

    /// How to compare.
    public let function: Comparison.Function
    /// The function.
    public var title: String { "\(function)" }
    /// The right operand.
    @BitExact public private(set) var scalar: Double

    package init(_ function: Comparison.Function, _ scalar: Double) {
        self.function = function
        self.scalar = scalar
    }

    /// Bool of the operand's shape.
    /// - Throws: `ArrayError` for an unsuitable dtype, and for a scalar that it cannot hold.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        try require(inputs[0], "numbers") { $0.isArithmetic }
        try require(
            inputs[0].dtype.holds(scalar), .invalidValue,
            "the scalar \(scalar) is no value of \(inputs[0].dtype); cast the array")
        return TensorType(.bool, inputs[0].shape)
    }

    package func instruction(for inputs: UnsafeBufferPointer<TensorView>) -> braid_instruction {
        braid_instruction(function.opcodes.scalar, inputs[0].dtype, scalar: scalar)
    }

    /// Runs the tile program.
    public func evaluate(_ context: borrowing KernelContext) { run(context) }
}

extension Operand {
    /// Where two arrays are equal.
    public static func .== (a: Self, b: Self) -> Self { apply(Comparison(.equal), a, b) }
    /// Where two arrays differ.
    public static func .!= (a: Self, b: Self) -> Self { apply(Comparison(.notEqual), a, b) }
    /// Where the first is less.
    public static func .< (a: Self, b: Self) -> Self { apply(Comparison(.less), a, b) }
    /// Where the first is not greater.
    public static func .<= (a: Self, b: Self) -> Self { apply(Comparison(.lessOrEqual), a, b) }
    /// Where the first is greater.
    public static func .> (a: Self, b: Self) -> Self { apply(Comparison(.greater), a, b) }
    /// Where the first is not less.
    public static func .>= (a: Self, b: Self) -> Self { apply(Comparison(.greaterOrEqual), a, b) }

    /// Where an array equals a scalar.
    public static func .== (a: Self, b: Double) -> Self { apply(ComparisonScalar(.equal, b), a) }
    /// Where an array differs from a scalar.
    public static func .!= (a: Self, b: Double) -> Self { apply(ComparisonScalar(.notEqual, b), a) }
    /// Where an array is less than a scalar.
    public static func .< (a: Self, b: Double) -> Self { apply(ComparisonScalar(.less, b), a) }
    /// Where an array is not greater than a scalar.
    public static func .<= (a: Self, b: Double) -> Self {
        apply(ComparisonScalar(.lessOrEqual, b), a)
    }
    /// Where an array is greater than a scalar.
    public static func .> (a: Self, b: Double) -> Self { apply(ComparisonScalar(.greater, b), a) }
    /// Where an array is not less than a scalar.
    public static func .>= (a: Self, b: Double) -> Self {
        apply(ComparisonScalar(.greaterOrEqual, b), a)
    }
}
