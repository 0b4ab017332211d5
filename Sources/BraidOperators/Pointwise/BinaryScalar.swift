public import BraidCore
package import CBraidKernels

/// The same functions with a scalar for one operand, which stands in the instruction.
public struct BinaryScalar: PointwiseOperator {
    /// The name in files.
    public static let name = "binary_scalar"
    /// Pointwise, in place.
    public static let traits: OperatorTraits = [.pointwise, .mayReuseFirstInput]
    /// One operand beside the scalar.
    public static let arity: Int? = 1

    /// The function.
    public let function: Binary.Function
    /// The function.
    public var title: String { "\(function)" }
    /// The scalar.
    @BitExact public var scalar: Double
    /// Whether the scalar is the left operand.
    public let isScalarFirst: Bool
    /// Whether a minimum or maximum has the slope 0, not 1, where the array is equal to the scalar.
    public let isFlatAtTie: Bool

    /// An operator from its parts.
    public init(
        _ function: Binary.Function, _ scalar: Double, isScalarFirst: Bool = false,
        isFlatAtTie: Bool = false
    ) {
        self.function = function
        self.scalar = scalar
        self.isScalarFirst = isScalarFirst
        self.isFlatAtTie = isFlatAtTie
    }

    /// The operand's type.
    /// - Throws: `ArrayError` for an unsuitable dtype, and for a scalar that it cannot hold.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        guard function.rule.scalarRight != nil, inputs[0].dtype.isArithmetic,
            inputs[0].dtype.holds(scalar)
        else { throw mistake(inputs[0]) }
        return inputs[0]
    }

    /// Why there is no output.
    @inline(never)
    private func mistake(_ input: TensorType) -> ArrayError {
        if function.rule.scalarRight == nil {
            ArrayError(.invalidValue, in: title, "has no form with a scalar")
        } else if !input.dtype.isArithmetic {
            ArrayError(.unsupportedType, in: title, "takes numbers, not \(input)")
        } else {
            ArrayError(
                .invalidValue, in: title,
                "the scalar \(scalar) is no value of \(input.dtype); cast the array")
        }
    }

    package func instruction(for inputs: UnsafeBufferPointer<TensorView>) -> braid_instruction {
        // `output` has refused functions without scalar forms.
        let opcode = isScalarFirst ? function.rule.scalarLeft! : function.rule.scalarRight!
        return braid_instruction(opcode, inputs[0].dtype, scalar: scalar)
    }

    /// Runs the tile program.
    public func evaluate(_ context: borrowing KernelContext) { run(context) }

    /// What the function's derivative reads.
    public var gradientNeeds: GradientNeeds {
        switch function {
        case .add, .subtract, .multiply: []
        case .divide: isScalarFirst ? [.inputs, .outputs] : []
        case .power: isScalarFirst ? [.inputs, .outputs] : .inputs
        case .remainder: isScalarFirst ? .inputs : []
        case .minimum, .maximum: .inputs
        case .arcTangent, .hypotenuse, .logAddExp, .floorDivide, .modulo: []  // have no such form
        }
    }

    /// The function's derivative by the array.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        let (x, dy) = (context.inputs[0], context.cotangent)
        switch function {
        case .add: return [dy]
        case .subtract: return [isScalarFirst ? -dy : dy]
        case .multiply: return [dy * scalar]
        case .divide where !isScalarFirst: return [dy / scalar]
        case .power where !isScalarFirst:
            if scalar == 0 { return [nil] }
            return [dy * (x.power(scalar - 1) * scalar)]
        case .minimum, .maximum:
            // The scalar is a bound: at it the slope is that of the array, unless it is flat there. NaN
            // goes through.
            let isFlat =
                switch (function, isFlatAtTie) {
                case (.minimum, false): x .> scalar
                case (.minimum, true): x .>= scalar
                case (_, false): x .< scalar
                case (_, true): x .<= scalar
                }
            return [select(isFlat, .full([], 0, dtype: dy.dtype), dy)]
        default:
            let constant = Symbol.full([], scalar, dtype: x.dtype)
            let (a, b) = isScalarFirst ? (constant, x) : (x, constant)
            let (da, db) = function.rule.derivatives(a, b, context.output, dy)
            return [isScalarFirst ? db : da]
        }
    }
}

extension BinaryScalar: Codable {
    private enum CodingKeys: CodingKey { case function, scalar, isScalarFirst, isFlatAtTie }

    /// Reads the attributes; older files have no `isFlatAtTie`, which is false then.
    /// - Throws: `DecodingError` for what is missing or malformed.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            try container.decode(Binary.Function.self, forKey: .function),
            try container.decode(BitExact.self, forKey: .scalar).wrappedValue,
            isScalarFirst: try container.decode(Bool.self, forKey: .isScalarFirst),
            isFlatAtTie: try container.decodeIfPresent(Bool.self, forKey: .isFlatAtTie) ?? false)
    }

    /// Writes the attributes, `isFlatAtTie` only where it is true.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(function, forKey: .function)
        try container.encode(_scalar, forKey: .scalar)
        try container.encode(isScalarFirst, forKey: .isScalarFirst)
        if isFlatAtTie { try container.encode(true, forKey: .isFlatAtTie) }
    }
}
