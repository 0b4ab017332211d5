import BraidCore
import CBraidKernels

/// What an instruction of a tile program does: `braid_opcode`, in its order. Files have the names.
package enum TileOpcode: UInt8, NamedCase {
    case add, subtract, multiply, divide, minimum, maximum, power, remainder, arcTangent
    case hypotenuse, logAddExp, floorDivide, modulo
    case addScalar, subtractScalar, multiplyScalar, divideScalar, minimumScalar, maximumScalar
    case powerScalar, remainderScalar
    case scalarSubtract, scalarDivide, scalarPower, scalarRemainder
    case multiplyAdd
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
    case equalScalar, notEqualScalar, lessScalar, lessOrEqualScalar, greaterScalar
    case greaterOrEqualScalar
    case and, or, exclusiveOr, not
    case select
    case copy, negate, absolute, sign, square, squareRoot, reciprocalSquareRoot, reciprocal
    case exponential, exponentialMinusOne, logarithm, logarithmOnePlus, sine, cosine, tangent
    case hyperbolicTangent, sigmoid, errorFunction, gelu, silu, softplus, relu, floor, ceiling
    case rounded, truncated, exponentialBase2, logarithmBase2, logarithmBase10, hyperbolicSine
    case hyperbolicCosine, inverseSine, inverseCosine, inverseTangent, inverseHyperbolicSine
    case inverseHyperbolicCosine, inverseHyperbolicTangent, complementaryErrorFunction
    case inverseErrorFunction, cubeRoot, isNaN
    case constant
    case cast

    /// The opcode as kernels know it.
    var kernelOpcode: braid_opcode { braid_opcode(UInt32(rawValue)) }

    /// The dtypes of the operands of an instruction that works in `dtype`.
    func operandTypes(_ dtype: DType) -> [DType] {
        switch self {
        case .constant: []
        case .select: [.bool, dtype, dtype]
        case .multiplyAdd: [dtype, dtype, dtype]
        case .add, .subtract, .multiply, .divide, .minimum, .maximum, .power, .remainder,
            .arcTangent, .hypotenuse, .logAddExp, .floorDivide, .modulo, .equal, .notEqual, .less,
            .lessOrEqual, .greater, .greaterOrEqual, .and,
            .or, .exclusiveOr:
            [dtype, dtype]
        default: [dtype]
        }
    }

    /// The dtype of the result; casts name it themselves.
    func resultType(_ dtype: DType) -> DType {
        switch self {
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .equalScalar,
            .notEqualScalar, .lessScalar, .lessOrEqualScalar, .greaterScalar, .greaterOrEqualScalar,
            .isNaN:
            .bool
        default: dtype
        }
    }

    /// Whether there is a primitive that works in `dtype`.
    func takes(_ dtype: DType) -> Bool {
        switch self {
        case .copy, .select, .constant, .cast: true
        case .and, .or, .exclusiveOr, .not: dtype == .bool || dtype.isInteger
        case .equal, .notEqual: dtype == .bool || dtype.isArithmetic
        case .arcTangent, .hypotenuse, .logAddExp, .squareRoot, .reciprocalSquareRoot, .reciprocal,
            .exponential,
            .exponentialMinusOne, .logarithm, .logarithmOnePlus, .sine, .cosine, .tangent,
            .hyperbolicTangent, .sigmoid, .errorFunction, .gelu, .silu, .softplus, .floor,
            .ceiling, .rounded, .truncated, .exponentialBase2, .logarithmBase2, .logarithmBase10,
            .hyperbolicSine, .hyperbolicCosine, .inverseSine, .inverseCosine, .inverseTangent,
            .inverseHyperbolicSine, .inverseHyperbolicCosine, .inverseHyperbolicTangent,
            .complementaryErrorFunction, .inverseErrorFunction, .cubeRoot, .isNaN:
            dtype.isComputedFloating
        default: dtype.isArithmetic
        }
    }

    /// Whether a scalar stands in the instruction.
    var hasScalar: Bool {
        switch self {
        case .addScalar, .subtractScalar, .multiplyScalar, .divideScalar, .minimumScalar,
            .maximumScalar, .powerScalar, .remainderScalar, .scalarSubtract, .scalarDivide,
            .scalarPower, .scalarRemainder, .equalScalar, .notEqualScalar, .lessScalar,
            .lessOrEqualScalar, .greaterScalar, .greaterOrEqualScalar, .constant:
            true
        default: false
        }
    }
}
