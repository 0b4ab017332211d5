public import BraidCore
package import CBraidKernels

/// Functions of two operands, element by element; shapes broadcast.
public struct Binary: PointwiseOperator {
    /// The name in files.
    public static let name = "binary"
    /// Pointwise, in place.
    public static let traits: OperatorTraits = [.pointwise, .mayReuseFirstInput]
    /// Two operands.
    public static let arity: Int? = 2

    /// A function; the table `rule` says what it is.
    public enum Function: NamedCase {
        case add, subtract, multiply, divide, minimum, maximum, power, remainder, arcTangent
        case hypotenuse, logAddExp, floorDivide, modulo
    }

    /// The function.
    public let function: Function
    /// The function.
    public var title: String { "\(function)" }

    /// An operator from its function.
    @inlinable
    public init(_ function: Function) { self.function = function }

    /// The operands' dtype and the shape they broadcast to.
    /// - Throws: `ArrayError` for unequal or unsuitable dtypes and shapes that do not broadcast.
    @inline(__always)
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        // Equal types, the usual case, take a few instructions; all else stands apart.
        if inputs[0].shape == inputs[1].shape, inputs[0].dtype == inputs[1].dtype,
            takes(inputs[0].dtype)
        {
            return inputs[0]
        }
        return try broadcast(inputs)
    }

    @inline(__always)
    private func takes(_ dtype: DType) -> Bool {
        switch function {
        case .arcTangent, .hypotenuse, .logAddExp: dtype.isComputedFloating
        default: dtype.isArithmetic
        }
    }

    @inline(never)
    private func broadcast(_ inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        let (a, b) = (inputs[0], inputs[1])
        guard a.dtype == b.dtype else {
            throw ArrayError(
                .unsupportedType, in: title,
                "takes operands of one dtype, not \(a) and \(b); cast one of them")
        }
        guard takes(a.dtype) else {
            throw ArrayError(.unsupportedType, in: title, "takes numbers, not \(a)")
        }
        guard let shape = a.shape.broadcast(with: b.shape) else {
            throw ArrayError(
                .shapeMismatch, in: title,
                "shapes \(a.shape) and \(b.shape) do not broadcast; aligned at the end, extents "
                    + "must be equal or 1")
        }
        return TensorType(a.dtype, shape)
    }

    package func instruction(for inputs: UnsafeBufferPointer<TensorView>) -> braid_instruction {
        braid_instruction(function.rule.opcode, inputs[0].dtype)
    }

    /// Runs the tile program.
    public func evaluate(_ context: borrowing KernelContext) { run(context) }

    /// What the function's derivatives read.
    public var gradientNeeds: GradientNeeds { function.rule.needs }

    /// The function's partial derivatives, summed over broadcast dimensions.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        let (a, b) = (context.inputs[0], context.inputs[1])
        let (da, db) = function.rule.derivatives(a, b, context.output, context.cotangent)
        return [da?.reduced(to: a.shape), db?.reduced(to: b.shape)]
    }
}

extension Binary.Function {
    /// What there is to know of a function.
    package struct Rule {
        let opcode: braid_opcode
        /// The opcodes with a scalar on the right and on the left.
        let scalarRight: braid_opcode?
        let scalarLeft: braid_opcode?
        let needs: GradientNeeds
        /// The cotangents of both operands from them, the result and its cotangent.
        let derivatives: (_ a: Symbol, _ b: Symbol, _ y: Symbol, _ dy: Symbol) -> (Symbol?, Symbol?)
    }

    package var rule: Rule {
        switch self {
        case .add:
            Rule(opcode: BRAID_ADD, scalarRight: BRAID_ADDS, scalarLeft: BRAID_ADDS, needs: []) {
                _, _, _, dy in (dy, dy)
            }
        case .subtract:
            Rule(opcode: BRAID_SUB, scalarRight: BRAID_SUBS, scalarLeft: BRAID_RSUBS, needs: []) {
                _, _, _, dy in (dy, -dy)
            }
        case .multiply:
            Rule(
                opcode: BRAID_MUL, scalarRight: BRAID_MULS, scalarLeft: BRAID_MULS, needs: .inputs
            ) { a, b, _, dy in (dy * b, dy * a) }
        case .divide:
            Rule(
                opcode: BRAID_DIV, scalarRight: BRAID_DIVS, scalarLeft: BRAID_RDIVS,
                needs: [.inputs, .outputs]
            ) { _, b, y, dy in
                let da = dy / b
                return (da, -(da * y))
            }
        case .minimum:
            Rule(
                opcode: BRAID_MIN, scalarRight: BRAID_MINS, scalarLeft: BRAID_MINS, needs: .inputs
            ) { a, b, _, dy in Self.split(dy, firstWins: a .<= b) }
        case .maximum:
            Rule(
                opcode: BRAID_MAX, scalarRight: BRAID_MAXS, scalarLeft: BRAID_MAXS, needs: .inputs
            ) { a, b, _, dy in Self.split(dy, firstWins: a .>= b) }
        case .power:
            Rule(
                opcode: BRAID_POW, scalarRight: BRAID_POWS, scalarLeft: BRAID_RPOWS,
                needs: [.inputs, .outputs]
            ) { a, b, y, dy in
                // Where a is 0 the result does not depend on b (for b > 0): log 0 must not enter.
                let zero = Symbol.full([], 0, dtype: a.dtype)
                let one = Symbol.full([], 1, dtype: a.dtype)
                let slope = select(a .> 0, y * select(a .> 0, a, one).log(), zero)
                return (dy * b * a.power(b - 1), dy * slope)
            }
        case .remainder:
            // a - b trunc(a / b), whose whole part has slope 0.
            Rule(
                opcode: BRAID_REM, scalarRight: BRAID_REMS, scalarLeft: BRAID_RREMS, needs: .inputs
            ) { a, b, _, dy in (dy, -(dy * (a / b).truncated())) }
        case .arcTangent:
            Rule(opcode: BRAID_ATAN2, scalarRight: nil, scalarLeft: nil, needs: .inputs) {
                a, b, _, dy in
                let scaled = dy / (a * a + b * b)
                return (scaled * b, -(scaled * a))
            }
        case .hypotenuse:
            Rule(
                opcode: BRAID_HYPOT, scalarRight: nil, scalarLeft: nil, needs: [.inputs, .outputs]
            ) { a, b, y, dy in
                let scaled = dy / y
                return (scaled * a, scaled * b)
            }
        case .logAddExp:
            Rule(opcode: BRAID_LOGADDEXP, scalarRight: nil, scalarLeft: nil, needs: .inputs) {
                a, b, _, dy in (dy * (a - b).sigmoid(), dy * (b - a).sigmoid())
            }
        case .floorDivide:
            Rule(opcode: BRAID_FLOORDIV, scalarRight: nil, scalarLeft: nil, needs: []) {
                _, _, _, _ in (nil, nil)
            }
        case .modulo:
            // a - b floor(a / b), whose whole part has slope 0.
            Rule(opcode: BRAID_MOD, scalarRight: nil, scalarLeft: nil, needs: .inputs) {
                a, b, _, dy in (dy, -(dy * a.floorDivided(by: b)))
            }
        }
    }

    /// The cotangent goes to the operand that won; ties go to the first.
    private static func split(_ dy: Symbol, firstWins: Symbol) -> (Symbol?, Symbol?) {
        let zero = Symbol.full([], 0, dtype: dy.dtype)
        return (select(firstWins, dy, zero), select(firstWins, zero, dy))
    }
}

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

    /// An operator from its parts.
    public init(_ function: Binary.Function, _ scalar: Double, isScalarFirst: Bool = false) {
        self.function = function
        self.scalar = scalar
        self.isScalarFirst = isScalarFirst
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
        case .power: isScalarFirst ? .outputs : .inputs
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
        default:
            let constant = Symbol.full([], scalar, dtype: x.dtype)
            let (a, b) = isScalarFirst ? (constant, x) : (x, constant)
            let (da, db) = function.rule.derivatives(a, b, context.output, dy)
            return [isScalarFirst ? db : da]
        }
    }
}

extension Operand {
    /// The sum of two arrays.
    @inlinable public static func + (a: Self, b: Self) -> Self { apply(Binary(.add), a, b) }
    /// The difference of two arrays.
    @inlinable public static func - (a: Self, b: Self) -> Self { apply(Binary(.subtract), a, b) }
    /// The product of two arrays, element by element.
    @inlinable public static func * (a: Self, b: Self) -> Self { apply(Binary(.multiply), a, b) }
    /// The quotient of two arrays; integers truncate, and divided by zero give 0.
    @inlinable public static func / (a: Self, b: Self) -> Self { apply(Binary(.divide), a, b) }

    /// The sum of an array and a scalar.
    @inlinable public static func + (a: Self, b: Double) -> Self { apply(BinaryScalar(.add, b), a) }
    /// The difference of an array and a scalar.
    @inlinable public static func - (a: Self, b: Double) -> Self {
        apply(BinaryScalar(.subtract, b), a)
    }
    /// The product of an array and a scalar.
    @inlinable public static func * (a: Self, b: Double) -> Self {
        apply(BinaryScalar(.multiply, b), a)
    }
    /// The quotient of an array and a scalar.
    @inlinable public static func / (a: Self, b: Double) -> Self {
        apply(BinaryScalar(.divide, b), a)
    }

    /// The sum of a scalar and an array.
    @inlinable public static func + (a: Double, b: Self) -> Self { apply(BinaryScalar(.add, a), b) }
    /// The difference of a scalar and an array.
    @inlinable public static func - (a: Double, b: Self) -> Self {
        apply(BinaryScalar(.subtract, a, isScalarFirst: true), b)
    }
    /// The product of a scalar and an array.
    @inlinable public static func * (a: Double, b: Self) -> Self {
        apply(BinaryScalar(.multiply, a), b)
    }
    /// The quotient of a scalar and an array.
    @inlinable public static func / (a: Double, b: Self) -> Self {
        apply(BinaryScalar(.divide, a, isScalarFirst: true), b)
    }

    /// This array raised to the power of another.
    @inlinable public func power(_ exponent: Self) -> Self {
        Self.apply(Binary(.power), self, exponent)
    }
    /// A number raised to the powers that an array holds.
    public static func power(_ base: Double, _ exponents: Self) -> Self {
        apply(BinaryScalar(.power, base, isScalarFirst: true), exponents)
    }
    /// This array raised to a power.
    @inlinable public func power(_ exponent: Double) -> Self {
        Self.apply(BinaryScalar(.power, exponent), self)
    }
    /// The remainder of a division that truncates; it has this array's sign.
    @inlinable public func remainder(dividingBy divisor: Self) -> Self {
        Self.apply(Binary(.remainder), self, divisor)
    }
    /// The remainder of a division by a scalar that truncates; it has this array's sign.
    public func remainder(dividingBy divisor: Double) -> Self {
        Self.apply(BinaryScalar(.remainder, divisor), self)
    }
    /// The quotient rounded down to a whole number; of integers divided by zero 0.
    @inlinable public func floorDivided(by divisor: Self) -> Self {
        Self.apply(Binary(.floorDivide), self, divisor)
    }
    /// The quotient by a scalar rounded down to a whole number.
    public func floorDivided(by divisor: Double) -> Self {
        floorDivided(by: .full([], divisor, dtype: dtype))
    }
    /// The remainder of a division that rounds down; it has the divisor's sign.
    @inlinable public func modulo(_ divisor: Self) -> Self {
        Self.apply(Binary(.modulo), self, divisor)
    }
    /// The remainder of a division by a scalar that rounds down; it has the divisor's sign.
    public func modulo(_ divisor: Double) -> Self { modulo(.full([], divisor, dtype: dtype)) }
    /// The angle of the points `(x, self)`, in radians in `-π...π`, of f32 and f64.
    @inlinable public func arcTangent(over x: Self) -> Self {
        Self.apply(Binary(.arcTangent), self, x)
    }
}

/// The smaller of two arrays, element by element; NaN in either gives NaN.
@inlinable public func minimum<T: Operand>(_ a: T, _ b: T) -> T { T.apply(Binary(.minimum), a, b) }
/// The larger of two arrays, element by element; NaN in either gives NaN.
@inlinable public func maximum<T: Operand>(_ a: T, _ b: T) -> T { T.apply(Binary(.maximum), a, b) }
/// `√(a² + b²)` without overflow, of f32 and f64.
@inlinable public func hypot<T: Operand>(_ a: T, _ b: T) -> T { T.apply(Binary(.hypotenuse), a, b) }
/// `log(e^a + e^b)` without overflow, of f32 and f64.
@inlinable public func logAddExp<T: Operand>(_ a: T, _ b: T) -> T {
    T.apply(Binary(.logAddExp), a, b)
}
