public import BraidCore
package import CBraidKernels

/// Conversion to another dtype. Floats become integers by truncation, limited to the type's range,
/// NaN becomes 0; integers wrap; everything but 0 is true. Floating-point types round once to the
/// nearest number, ties to even, and beyond their range to infinity.
public struct Cast: PointwiseOperator {
    /// The name in files.
    public static let name = "cast"
    /// Pointwise.
    public static let traits: OperatorTraits = .pointwise
    /// One operand.
    public static let arity: Int? = 1

    /// The new dtype.
    public let dtype: DType

    package init(to dtype: DType) { self.dtype = dtype }

    /// The new dtype and the operand's shape.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        TensorType(dtype, inputs[0].shape)
    }

    package func instruction(for inputs: UnsafeBufferPointer<TensorView>) -> braid_instruction {
        var instruction = braid_instruction(BRAID_CAST, inputs[0].dtype)
        instruction.to = dtype.rawValue
        return instruction
    }

    /// Runs the tile program.
    public func evaluate(_ context: borrowing KernelContext) { run(context) }

    /// Nothing but types.
    public var gradientNeeds: GradientNeeds { [] }

    /// The cotangent cast back; nil when either side is not a floating-point type.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        let from = context.inputs[0].dtype
        return [from.isFloating && dtype.isFloating ? context.cotangent.cast(to: from) : nil]
    }
}

/// The same elements in dense storage of their own.
public struct Copy: PointwiseOperator {
    /// The name in files.
    public static let name = "copy"
    /// Pointwise, in place.
    public static let traits: OperatorTraits = [.pointwise, .mayReuseFirstInput]
    /// One operand.
    public static let arity: Int? = 1

    /// A copy.
    public init() {}

    /// The operand's type.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType { inputs[0] }

    package func instruction(for inputs: UnsafeBufferPointer<TensorView>) -> braid_instruction {
        braid_instruction(BRAID_COPY, inputs[0].dtype)
    }

    /// Runs the tile program.
    public func evaluate(_ context: borrowing KernelContext) { run(context) }

    /// Nothing but types.
    public var gradientNeeds: GradientNeeds { [] }

    /// The cotangent.
    public func gradient(_ context: GradientContext) -> [Symbol?] { [context.cotangent] }
}

extension Symbol {
    /// What `body` computes in this dtype, or in f32 for the 16-bit floating-point types, which have
    /// no arithmetic of their own.
    package func withArithmetic(_ body: (Symbol) -> Symbol) -> Symbol {
        dtype.isArithmetic ? body(self) : body(cast(to: .f32)).cast(to: dtype)
    }
}

extension Operand {
    /// This array with another element type; the array itself when the type is the same.
    ///
    /// To integers floats are truncated and limited to the type's range, NaN becomes 0, and integers
    /// wrap. To floating-point types numbers are rounded once to the nearest one, ties to even, and
    /// beyond the range to infinity. Everything but 0 is true.
    public func cast(to dtype: DType) -> Self {
        dtype == self.dtype ? self : Self.apply(Cast(to: dtype), self)
    }

    /// These elements in dense storage of their own.
    public func copied() -> Self { Self.apply(Copy(), self) }
}
