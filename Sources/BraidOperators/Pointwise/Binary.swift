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
            ) { a, b, _, dy in Self.shares(of: dy, b, over: a) }
        case .maximum:
            Rule(
                opcode: BRAID_MAX, scalarRight: BRAID_MAXS, scalarLeft: BRAID_MAXS, needs: .inputs
            ) { a, b, _, dy in Self.shares(of: dy, a, over: b) }
        case .power:
            Rule(
                opcode: BRAID_POW, scalarRight: BRAID_POWS, scalarLeft: BRAID_RPOWS,
                needs: [.inputs, .outputs]
            ) { a, b, y, dy in
                // Both slopes are 0 where a and b are: neither 0⁻¹ nor log 0 must enter, in them and in
                // their own slopes. By b it is 0 too where the power is, as of 0 to a positive number.
                let zero = Symbol.full([], 0, dtype: a.dtype)
                let one = Symbol.full([], 1, dtype: a.dtype)
                let isNone = (a .== 0) .& (b .== 0)
                let isFlat = isNone .| (y .== 0)
                let byBase = select(
                    isNone, zero, dy * b * a.power(select(isNone, one, b) - 1))
                let byExponent = select(
                    isFlat, zero, dy * (y * select(isFlat, one, a).log()))
                return (byBase, byExponent)
            }
        case .remainder:
            // a - b trunc(a / b), whose whole part has slope 0.
            Rule(
                opcode: BRAID_REM, scalarRight: BRAID_REMS, scalarLeft: BRAID_RREMS, needs: .inputs
            ) { a, b, _, dy in (dy, -(dy * (a / b).truncated())) }
        case .arcTangent:
            Rule(opcode: BRAID_ATAN2, scalarRight: nil, scalarLeft: nil, needs: .inputs) {
                a, b, _, dy in
                // Both slopes are 0 at the origin, which has no angle, and at infinity.
                let distance = hypot(a, b)
                let isFlat = (distance .== 0) .| (distance .== .infinity)
                let zero = Symbol.full([], 0, dtype: a.dtype)
                let length = select(isFlat, .full([], 1, dtype: a.dtype), distance)
                let scaled = select(isFlat, zero, dy) / length
                func side(_ x: Symbol) -> Symbol { select(isFlat, zero, x) / length }
                return (scaled * side(b), -(scaled * side(a)))
            }
        case .hypotenuse:
            Rule(
                opcode: BRAID_HYPOT, scalarRight: nil, scalarLeft: nil, needs: [.inputs, .outputs]
            ) { a, b, y, dy in
                // Both slopes are 0 at the origin; an infinite side has the slope 1 beside a finite one.
                let zero = Symbol.full([], 0, dtype: a.dtype)
                let one = Symbol.full([], 1, dtype: a.dtype)
                let (isNone, isInfinite) = (y .== 0, y .== .infinity)
                let length = select(isNone .| isInfinite, one, y)
                func side(_ x: Symbol) -> Symbol {
                    select(isInfinite, select(x.abs() .== .infinity, x.sign(), zero), x)
                }
                let scaled = select(isNone, zero, dy) / length
                return (scaled * side(a), scaled * side(b))
            }
        case .logAddExp:
            Rule(
                opcode: BRAID_LOGADDEXP, scalarRight: nil, scalarLeft: nil,
                needs: [.inputs, .outputs]
            ) { a, b, y, dy in
                // Equal infinities have no difference: of two of no probability nothing flows, and two
                // that are certain share evenly.
                let zero = Symbol.full([], 0, dtype: a.dtype)
                let isEqual = (a .== b) .& (a.abs() .== .infinity)
                let difference = select(isEqual, zero, a) - select(isEqual, zero, b)
                let flowing = select(y .== -.infinity, zero, dy)
                return (flowing * difference.sigmoid(), flowing * (-difference).sigmoid())
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

    /// What goes of a cotangent where `a` is the larger one, and where `b` is: all of it, half of it where they
    /// tie, otherwise nothing. Beside NaN all of it too: the result came from either.
    private static func shares(
        of dy: Symbol, _ a: Symbol, over b: Symbol
    ) -> (Symbol, Symbol) {
        let zero = Symbol.full([], 0, dtype: dy.dtype)
        let share = select(a .== b, dy * 0.5, dy)
        return (select(a .< b, zero, share), select(b .< a, zero, share))
    }
}

extension Operand {
    /// The sum of two arrays.
    @inlinable public static func + (a: Self, b: Self) -> Self { apply(Binary(.add), a, b) }
    /// The difference of two arrays.
    @inlinable public static func - (a: Self, b: Self) -> Self { apply(Binary(.subtract), a, b) }
    /// The product of two arrays, element by element.
    @inlinable public static func * (a: Self, b: Self) -> Self { apply(Binary(.multiply), a, b) }
    /// The quotient of two arrays; that of integers is f32. (Whole quotients: `dividedTruncating(by:)` and
    /// `floorDivided(by:)`.)
    @inlinable public static func / (a: Self, b: Self) -> Self {
        a.dtype.isInteger ? divided(a, b) : apply(Binary(.divide), a, b)
    }

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
    /// The quotient of an array and a scalar; that of integers is f32.
    @inlinable public static func / (a: Self, b: Double) -> Self {
        apply(BinaryScalar(.divide, b), a.dtype.isInteger ? a.cast(to: .f32) : a)
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
    /// The quotient of a scalar and an array; that of integers is f32.
    @inlinable public static func / (a: Double, b: Self) -> Self {
        apply(
            BinaryScalar(.divide, a, isScalarFirst: true),
            b.dtype.isInteger ? b.cast(to: .f32) : b)
    }

    /// The quotient of integers of one dtype, f32.
    @usableFromInline
    static func divided(_ a: Self, _ b: Self) -> Self {
        // Other operands are refused by their own types.
        a.dtype == b.dtype
            ? apply(Binary(.divide), a.cast(to: .f32), b.cast(to: .f32))
            : apply(Binary(.divide), a, b)
    }

    /// The quotient without its fraction, of numbers, in their dtype: of integers the whole one towards
    /// 0. An array of integers divided by one with zeros gives 0 there.
    public func dividedTruncating(by divisor: Self) -> Self {
        let quotient = Self.apply(Binary(.divide), self, divisor)
        return quotient.dtype.isFloating ? quotient.truncated() : quotient
    }
    /// The quotient by a scalar without its fraction, of numbers, in their dtype.
    /// - Precondition: integers are not divided by 0.
    public func dividedTruncating(by divisor: Double) -> Self {
        checkDivisor(divisor, in: "dividedTruncating")
        let quotient = Self.apply(BinaryScalar(.divide, divisor), self)
        return quotient.dtype.isFloating ? quotient.truncated() : quotient
    }

    private func checkDivisor(_ divisor: Double, in name: String) {
        if divisor == 0, dtype.isInteger {
            ArrayError(
                .invalidValue, in: name, "integers, \(type), are divided by 0; cast them to f32"
            ).report()
        }
    }

    /// This array raised to the power of another. Integers wrap, and negative exponents give them what
    /// truncation leaves of a fraction, mostly 0.
    @inlinable public func power(_ exponent: Self) -> Self {
        Self.apply(Binary(.power), self, exponent)
    }
    /// A number raised to the powers that an array holds.
    public static func power(_ base: Double, _ exponents: Self) -> Self {
        apply(BinaryScalar(.power, base, isScalarFirst: true), exponents)
    }
    /// This array raised to a power. Integers wrap.
    /// - Precondition: the exponent of integers is not negative.
    public func power(_ exponent: Double) -> Self {
        if exponent < 0, dtype.isInteger {
            ArrayError(
                .invalidValue, in: "power",
                "the power \(exponent) of integers, \(type), is no integer; cast them to f32"
            ).report()
        }
        return Self.apply(BinaryScalar(.power, exponent), self)
    }
    /// The remainder of a division that truncates; it has this array's sign. Of integers divided by 0 it
    /// is 0.
    @inlinable public func remainder(dividingBy divisor: Self) -> Self {
        Self.apply(Binary(.remainder), self, divisor)
    }
    /// The remainder of a division by a scalar that truncates; it has this array's sign.
    /// - Precondition: integers are not divided by 0.
    public func remainder(dividingBy divisor: Double) -> Self {
        checkDivisor(divisor, in: "remainder")
        return Self.apply(BinaryScalar(.remainder, divisor), self)
    }
    /// The quotient rounded down to a whole number; of integers divided by zero 0.
    @inlinable public func floorDivided(by divisor: Self) -> Self {
        Self.apply(Binary(.floorDivide), self, divisor)
    }
    /// The quotient by a scalar rounded down to a whole number.
    /// - Precondition: integers are not divided by 0.
    public func floorDivided(by divisor: Double) -> Self {
        checkDivisor(divisor, in: "floorDivided")
        return floorDivided(by: .full([], divisor, dtype: dtype))
    }
    /// The remainder of a division that rounds down; it has the divisor's sign. Of integers divided by 0
    /// it is 0.
    @inlinable public func modulo(_ divisor: Self) -> Self {
        Self.apply(Binary(.modulo), self, divisor)
    }
    /// The remainder of a division by a scalar that rounds down; it has the divisor's sign.
    /// - Precondition: integers are not divided by 0.
    public func modulo(_ divisor: Double) -> Self {
        checkDivisor(divisor, in: "modulo")
        return modulo(.full([], divisor, dtype: dtype))
    }
    /// The angle of the points `(x, self)`, in radians in `-π...π`, of f32 and f64.
    @inlinable public func arcTangent(over x: Self) -> Self {
        Self.apply(Binary(.arcTangent), self, x)
    }
}

/// The smaller of two arrays, element by element; NaN in either gives NaN. Each has half of the slope where
/// they tie.
@inlinable public func minimum<T: Operand>(_ a: T, _ b: T) -> T { T.apply(Binary(.minimum), a, b) }
/// The larger of two arrays, element by element; NaN in either gives NaN. Each has half of the slope where
/// they tie.
@inlinable public func maximum<T: Operand>(_ a: T, _ b: T) -> T { T.apply(Binary(.maximum), a, b) }
/// `√(a² + b²)` without overflow, of f32 and f64.
@inlinable public func hypot<T: Operand>(_ a: T, _ b: T) -> T { T.apply(Binary(.hypotenuse), a, b) }
/// `log(e^a + e^b)` without overflow, of f32 and f64.
@inlinable public func logAddExp<T: Operand>(_ a: T, _ b: T) -> T {
    T.apply(Binary(.logAddExp), a, b)
}
