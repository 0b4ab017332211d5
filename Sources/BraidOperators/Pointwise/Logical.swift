public import BraidCore
package import CBraidKernels

/// Functions of truth values, and of each bit of integers.
public struct Logical: PointwiseOperator {
    /// The name in files.
    public static let name = "logical"
    /// Pointwise; nothing flows back through a truth value.
    public static let traits: OperatorTraits = [
        .pointwise, .mayReuseFirstInput, .notDifferentiable,
    ]
    /// Two operands, one for `not`.
    public static let arity: Int? = nil

    /// The function.
    public enum Function: NamedCase {
        case and, or, exclusiveOr, not

        var opcode: braid_opcode {
            switch self {
            case .and: BRAID_AND
            case .or: BRAID_OR
            case .exclusiveOr: BRAID_XOR
            case .not: BRAID_NOT
            }
        }
    }

    /// The function.
    public let function: Function
    /// The function.
    public var title: String { "\(function)" }

    package init(_ function: Function) { self.function = function }

    /// The operands' dtype and the shape that they broadcast to.
    /// - Throws: `ArrayError` for unequal or other dtypes and shapes that do not broadcast.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        let expected = function == .not ? 1 : 2
        try require(
            inputs.count == expected, .shapeMismatch,
            "\(function) takes \(expected) operands, not \(inputs.count)")
        for index in 0..<inputs.count {
            try require(inputs[index], "bool or integers") { $0 == .bool || $0.isInteger }
            try requireSameType(inputs[0], inputs[index])
        }
        return expected == 1
            ? inputs[0] : TensorType(inputs[0].dtype, try broadcast(inputs[0], inputs[1]))
    }

    package func instruction(for inputs: UnsafeBufferPointer<TensorView>) -> braid_instruction {
        braid_instruction(function.opcode, inputs[0].dtype)
    }

    /// Runs the tile program.
    public func evaluate(_ context: borrowing KernelContext) { run(context) }
}

/// Where a floating-point array is not a number.
public struct IsNaN: PointwiseOperator {
    /// The name in files.
    public static let name = "is_nan"
    /// Pointwise; nothing flows back through a truth value.
    public static let traits: OperatorTraits = [.pointwise, .notDifferentiable]
    /// One operand.
    public static let arity: Int? = 1

    package init() {}

    /// Bool of the operand's shape.
    /// - Throws: `ArrayError` for other dtypes than f32 and f64.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        try requireFloating(inputs[0])
        return TensorType(.bool, inputs[0].shape)
    }

    package func instruction(for inputs: UnsafeBufferPointer<TensorView>) -> braid_instruction {
        braid_instruction(BRAID_ISNAN, inputs[0].dtype)
    }

    /// Runs the tile program.
    public func evaluate(_ context: borrowing KernelContext) { run(context) }
}

extension Operand {
    /// Where both are true; of integers the bits that both have.
    public static func .& (a: Self, b: Self) -> Self { apply(Logical(.and), a, b) }
    /// Where either is true; of integers the bits that either has.
    public static func .| (a: Self, b: Self) -> Self { apply(Logical(.or), a, b) }
    /// Where exactly one is true; of integers the bits that exactly one has.
    public static func .^ (a: Self, b: Self) -> Self { apply(Logical(.exclusiveOr), a, b) }
    /// Where this is false; of integers all bits inverted.
    public func logicalNot() -> Self { Self.apply(Logical(.not), self) }
    /// Where this is not a number; nowhere in integers and truth values.
    public func isNaN() -> Self {
        switch dtype {
        case .f32, .f64: Self.apply(IsNaN(), self)
        case .f16, .bf16: Self.apply(IsNaN(), cast(to: .f32))
        default: self .!= self
        }
    }
    /// Where this is infinite, of either sign; nowhere in integers and truth values.
    public func isInfinite() -> Self {
        switch dtype {
        case .f32, .f64: abs() .== .infinity
        case .f16, .bf16: cast(to: .f32).isInfinite()
        default: self .!= self
        }
    }
    /// Where this is neither infinite nor NaN; everywhere in integers and truth values.
    public func isFinite() -> Self {
        switch dtype {
        case .f32, .f64: abs() .< .infinity
        case .f16, .bf16: cast(to: .f32).isFinite()
        default: self .== self
        }
    }
}
