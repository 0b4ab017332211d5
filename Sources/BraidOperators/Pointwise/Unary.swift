public import BraidCore
package import CBraidKernels

/// Functions of one operand, element by element.
public struct Unary: PointwiseOperator {
    /// The name in files.
    public static let name = "unary"
    /// Pointwise, in place.
    public static let traits: OperatorTraits = [.pointwise, .mayReuseFirstInput]
    /// One operand.
    public static let arity: Int? = 1

    /// A function; the table `rule` says what it is.
    public enum Function: NamedCase {
        case negate, absolute, sign, square, squareRoot, reciprocalSquareRoot, reciprocal
        case exponential, exponentialMinusOne, logarithm, logarithmOnePlus
        case sine, cosine, tangent, hyperbolicTangent, sigmoid, errorFunction
        case gelu, silu, softplus, relu, floor, ceiling, rounded, truncated
        case exponentialBase2, logarithmBase2, logarithmBase10, hyperbolicSine, hyperbolicCosine
        case inverseSine, inverseCosine, inverseTangent, inverseHyperbolicSine
        case inverseHyperbolicCosine, inverseHyperbolicTangent, complementaryErrorFunction
        case inverseErrorFunction, cubeRoot
    }

    /// The function.
    public let function: Function
    /// The function.
    public var title: String { "\(function)" }

    @inlinable
    package init(_ function: Function) { self.function = function }

    /// The operand's type.
    /// - Throws: `ArrayError` for a dtype without the function.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        let dtype = inputs[0].dtype
        guard dtype.isComputedFloating || function.rule.takesIntegers && dtype.isArithmetic else {
            throw mistake(inputs[0])
        }
        return inputs[0]
    }

    /// Why there is no output.
    @inline(never)
    private func mistake(_ input: TensorType) -> ArrayError {
        ArrayError(
            .unsupportedType, in: title,
            "takes \(function.rule.takesIntegers ? "numbers" : "f32 or f64"), not \(input)")
    }

    package func instruction(for inputs: UnsafeBufferPointer<TensorView>) -> braid_instruction {
        braid_instruction(function.rule.opcode, inputs[0].dtype)
    }

    /// Runs the tile program.
    public func evaluate(_ context: borrowing KernelContext) { run(context) }

    /// What the function's derivative reads.
    public var gradientNeeds: GradientNeeds { function.rule.needs }

    /// `dy f'(x)`.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        [function.rule.derivative(context.inputs[0], context.output, context.cotangent)]
    }
}

extension Unary.Function {
    /// What there is to know of a function.
    package struct Rule {
        let opcode: braid_opcode
        let takesIntegers: Bool
        let needs: GradientNeeds
        /// The cotangent of x from x, y and the cotangent of y; nil where the slope is 0.
        let derivative: (_ x: Symbol, _ y: Symbol, _ dy: Symbol) -> Symbol?

        init(
            _ opcode: braid_opcode, integers: Bool = false, _ needs: GradientNeeds,
            _ derivative: @escaping (_ x: Symbol, _ y: Symbol, _ dy: Symbol) -> Symbol?
        ) {
            self.opcode = opcode
            takesIntegers = integers
            self.needs = needs
            self.derivative = derivative
        }
    }

    package var rule: Rule {
        switch self {
        case .negate: Rule(BRAID_NEG, integers: true, []) { _, _, dy in -dy }
        case .absolute: Rule(BRAID_ABS, integers: true, .inputs) { x, _, dy in dy * x.sign() }
        case .sign: Rule(BRAID_SIGN, integers: true, []) { _, _, _ in nil }
        case .square: Rule(BRAID_SQUARE, integers: true, .inputs) { x, _, dy in dy * (x * 2) }
        case .squareRoot: Rule(BRAID_SQRT, .outputs) { _, y, dy in dy / (y * 2) }
        case .reciprocalSquareRoot:
            Rule(BRAID_RSQRT, .outputs) { _, y, dy in dy * (y * y * y * -0.5) }
        case .reciprocal: Rule(BRAID_RECIP, .outputs) { _, y, dy in -(dy * y * y) }
        case .exponential: Rule(BRAID_EXP, .outputs) { _, y, dy in dy * y }
        case .exponentialMinusOne: Rule(BRAID_EXPM1, .outputs) { _, y, dy in dy * (y + 1) }
        case .logarithm: Rule(BRAID_LOG, .inputs) { x, _, dy in dy / x }
        case .logarithmOnePlus: Rule(BRAID_LOG1P, .inputs) { x, _, dy in dy / (x + 1) }
        case .sine: Rule(BRAID_SIN, .inputs) { x, _, dy in dy * x.cos() }
        case .cosine: Rule(BRAID_COS, .inputs) { x, _, dy in -(dy * x.sin()) }
        case .tangent: Rule(BRAID_TAN, .outputs) { _, y, dy in dy * (y * y + 1) }
        case .hyperbolicTangent: Rule(BRAID_TANH, .outputs) { _, y, dy in dy * (1 - y * y) }
        case .sigmoid: Rule(BRAID_SIGMOID, .outputs) { _, y, dy in dy * (y * (1 - y)) }
        case .errorFunction:
            Rule(BRAID_ERF, .inputs) { x, _, dy in
                dy * ((-x.limited.square()).exp() * 1.1283791670955126)  // 2 / √π
            }
        case .gelu:
            // Φ(x) + x φ(x)
            Rule(BRAID_GELU, .inputs) { x, _, dy in
                let x = x.limited
                let distribution = ((x * 0.7071067811865476).erf() + 1) * 0.5
                let density = (x.square() * -0.5).exp() * 0.3989422804014327
                return dy * (distribution + x * density)
            }
        case .silu:
            Rule(BRAID_SILU, .inputs) { x, _, dy in
                let x = x.limited
                let s = x.sigmoid()
                return dy * (s * (x * (1 - s) + 1))
            }
        case .softplus: Rule(BRAID_SOFTPLUS, .inputs) { x, _, dy in dy * x.sigmoid() }
        case .relu:
            Rule(BRAID_RELU, integers: true, .inputs) { x, _, dy in
                select(x .<= 0, .full([], 0, dtype: dy.dtype), dy)
            }
        case .floor: Rule(BRAID_FLOOR, []) { _, _, _ in nil }
        case .ceiling: Rule(BRAID_CEIL, []) { _, _, _ in nil }
        case .rounded: Rule(BRAID_ROUND, []) { _, _, _ in nil }
        case .truncated: Rule(BRAID_TRUNC, []) { _, _, _ in nil }
        case .exponentialBase2:
            Rule(BRAID_EXP2, .outputs) { _, y, dy in dy * (y * 0.6931471805599453) }  // ln 2
        case .logarithmBase2:
            Rule(BRAID_LOG2, .inputs) { x, _, dy in dy / (x * 0.6931471805599453) }
        case .logarithmBase10:
            Rule(BRAID_LOG10, .inputs) { x, _, dy in dy / (x * 2.302585092994046) }  // ln 10
        case .hyperbolicSine: Rule(BRAID_SINH, .inputs) { x, _, dy in dy * x.cosh() }
        case .hyperbolicCosine: Rule(BRAID_COSH, .inputs) { x, _, dy in dy * x.sinh() }
        case .inverseSine:
            Rule(BRAID_ASIN, .inputs) { x, _, dy in dy * (1 - x * x).reciprocalSquareRoot() }
        case .inverseCosine:
            Rule(BRAID_ACOS, .inputs) { x, _, dy in -(dy * (1 - x * x).reciprocalSquareRoot()) }
        case .inverseTangent:
            Rule(BRAID_ATAN, .inputs) { x, _, dy in dy / (x.limited.square() + 1) }
        case .inverseHyperbolicSine:
            Rule(BRAID_ASINH, .inputs) { x, _, dy in
                dy * (x.limited.square() + 1).reciprocalSquareRoot()
            }
        case .inverseHyperbolicCosine:
            Rule(BRAID_ACOSH, .inputs) { x, _, dy in
                dy * (x.limited.square() - 1).reciprocalSquareRoot()
            }
        case .inverseHyperbolicTangent:
            Rule(BRAID_ATANH, .inputs) { x, _, dy in dy / (1 - x * x) }
        case .complementaryErrorFunction:
            Rule(BRAID_ERFC, .inputs) { x, _, dy in
                dy * ((-x.limited.square()).exp() * -1.1283791670955126)  // -2 / √π
            }
        case .inverseErrorFunction:
            Rule(BRAID_ERFINV, .outputs) { _, y, dy in
                dy * (y.square().exp() * 0.886226925452758)  // √π / 2
            }
        case .cubeRoot:
            // Not divided by y², whose own slope would be 0 where the quotient is infinite.
            Rule(BRAID_CBRT, .outputs) { _, y, dy in dy * (y.reciprocal().square() / 3) }
        }
    }
}

extension Operand {
    /// A quarter of the dtype's largest finite number, whose square is infinite. Of f32 and f64.
    var limit: Double {
        dtype == .f64
            ? Double.greatestFiniteMagnitude / 4 : Double(Float.greatestFiniteMagnitude / 4)
    }

    /// The same numbers, but none beyond the limit: slopes in which the operand meets a factor that
    /// vanishes at infinity are then 0 there, not NaN, and so are theirs. Finite numbers beyond it have
    /// the slopes that infinity has.
    var limited: Self { clamped(to: -limit...limit) }

    /// `-x`.
    @inlinable public static prefix func - (x: Self) -> Self { apply(Unary(.negate), x) }
    /// `|x|`.
    @inlinable public func abs() -> Self { Self.apply(Unary(.absolute), self) }
    /// -1, 0 or 1; NaN stays.
    @inlinable public func sign() -> Self { Self.apply(Unary(.sign), self) }
    /// `x²`.
    @inlinable public func square() -> Self { Self.apply(Unary(.square), self) }
    /// `√x`, of f32 and f64.
    @inlinable public func squareRoot() -> Self { Self.apply(Unary(.squareRoot), self) }
    /// `1 / √x`, of f32 and f64.
    @inlinable public func reciprocalSquareRoot() -> Self {
        Self.apply(Unary(.reciprocalSquareRoot), self)
    }
    /// `1 / x`, of f32 and f64.
    @inlinable public func reciprocal() -> Self { Self.apply(Unary(.reciprocal), self) }
    /// `e^x`, of f32 and f64.
    @inlinable public func exp() -> Self { Self.apply(Unary(.exponential), self) }
    /// `e^x - 1` without cancellation, of f32 and f64.
    @inlinable public func expm1() -> Self { Self.apply(Unary(.exponentialMinusOne), self) }
    /// The natural logarithm, of f32 and f64.
    @inlinable public func log() -> Self { Self.apply(Unary(.logarithm), self) }
    /// `log(1 + x)` without cancellation, of f32 and f64.
    @inlinable public func log1p() -> Self { Self.apply(Unary(.logarithmOnePlus), self) }
    /// The sine, of f32 and f64.
    @inlinable public func sin() -> Self { Self.apply(Unary(.sine), self) }
    /// The cosine, of f32 and f64.
    @inlinable public func cos() -> Self { Self.apply(Unary(.cosine), self) }
    /// The tangent, of f32 and f64.
    @inlinable public func tan() -> Self { Self.apply(Unary(.tangent), self) }
    /// The hyperbolic tangent, of f32 and f64.
    @inlinable public func tanh() -> Self { Self.apply(Unary(.hyperbolicTangent), self) }
    /// `1 / (1 + e^-x)`, of f32 and f64.
    @inlinable public func sigmoid() -> Self { Self.apply(Unary(.sigmoid), self) }
    /// The error function, of f32 and f64.
    @inlinable public func erf() -> Self { Self.apply(Unary(.errorFunction), self) }
    /// `x Φ(x)` with the normal distribution function Φ, of f32 and f64.
    @inlinable public func gelu() -> Self { Self.apply(Unary(.gelu), self) }
    /// `x / (1 + e^-x)`, of f32 and f64.
    @inlinable public func silu() -> Self { Self.apply(Unary(.silu), self) }
    /// `log(1 + e^x)`, of f32 and f64.
    @inlinable public func softplus() -> Self { Self.apply(Unary(.softplus), self) }
    /// `max(x, 0)`; the slope at 0 is 0.
    @inlinable public func relu() -> Self { Self.apply(Unary(.relu), self) }
    /// The largest whole number that is not above, of f32 and f64.
    @inlinable public func floor() -> Self { Self.apply(Unary(.floor), self) }
    /// The smallest whole number that is not below, of f32 and f64.
    @inlinable public func ceiling() -> Self { Self.apply(Unary(.ceiling), self) }
    /// The nearest whole number, halves to even, of f32 and f64.
    @inlinable public func rounded() -> Self { Self.apply(Unary(.rounded), self) }
    /// The whole part, of f32 and f64.
    @inlinable public func truncated() -> Self { Self.apply(Unary(.truncated), self) }
    /// `2^x`, of f32 and f64.
    @inlinable public func exp2() -> Self { Self.apply(Unary(.exponentialBase2), self) }
    /// The logarithm to base 2, of f32 and f64.
    @inlinable public func log2() -> Self { Self.apply(Unary(.logarithmBase2), self) }
    /// The logarithm to base 10, of f32 and f64.
    @inlinable public func log10() -> Self { Self.apply(Unary(.logarithmBase10), self) }
    /// The hyperbolic sine, of f32 and f64.
    @inlinable public func sinh() -> Self { Self.apply(Unary(.hyperbolicSine), self) }
    /// The hyperbolic cosine, of f32 and f64.
    @inlinable public func cosh() -> Self { Self.apply(Unary(.hyperbolicCosine), self) }
    /// The inverse of the sine in `-π/2...π/2`, of f32 and f64; NaN outside `-1...1`.
    @inlinable public func asin() -> Self { Self.apply(Unary(.inverseSine), self) }
    /// The inverse of the cosine in `0...π`, of f32 and f64; NaN outside `-1...1`.
    @inlinable public func acos() -> Self { Self.apply(Unary(.inverseCosine), self) }
    /// The inverse of the tangent in `-π/2...π/2`, of f32 and f64.
    @inlinable public func atan() -> Self { Self.apply(Unary(.inverseTangent), self) }
    /// The inverse of the hyperbolic sine, of f32 and f64.
    @inlinable public func asinh() -> Self { Self.apply(Unary(.inverseHyperbolicSine), self) }
    /// The inverse of the hyperbolic cosine, of f32 and f64; NaN below 1.
    @inlinable public func acosh() -> Self { Self.apply(Unary(.inverseHyperbolicCosine), self) }
    /// The inverse of the hyperbolic tangent, of f32 and f64; NaN outside `-1...1`.
    @inlinable public func atanh() -> Self { Self.apply(Unary(.inverseHyperbolicTangent), self) }
    /// `1 - erf x` without cancellation, of f32 and f64.
    @inlinable public func erfc() -> Self { Self.apply(Unary(.complementaryErrorFunction), self) }
    /// The inverse of the error function, of f32 and f64; NaN outside `-1...1`.
    @inlinable public func erfinv() -> Self { Self.apply(Unary(.inverseErrorFunction), self) }
    /// The cube root, of f32 and f64.
    @inlinable public func cubeRoot() -> Self { Self.apply(Unary(.cubeRoot), self) }
}
