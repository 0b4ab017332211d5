import BraidCore
import BraidOperators
import Foundation

extension Sample {
    /// A row per function of one operand.
    static let unary = Unary.Function.allCases.map { function in
        let row = UnaryRow(function)
        let takesIntegers = row.function.integer != nil
        return Sample(
            description: "unary \(function)",
            dtypes: takesIntegers ? DType.arithmetic : DType.computedFloating,
            make: { dtype, size, generator in
                let inputs = generator.operands(1, dtype, [row.domain], size)
                return OperatorCase(op: Unary(function), inputs: inputs)
            },
            reference: { [pointwise($0.inputs, $0.inputs[0].dtype, row.function.callAsFunction)] },
            refused: [
                RefusedCall(
                    Unary(function), [TensorType(.f16, [2, 3])], name: "\(function)",
                    mentions: ["f16[2, 3]"])
            ])
    }
}

/// A function of one operand as plain arithmetic, with the domain of random tests.
private struct UnaryRow {
    let function: ElementFunction
    let domain: Domain

    private init(
        _ domain: Domain = Domain(), integer: (@Sendable (Int128) -> Int128)? = nil,
        _ real: @escaping @Sendable (Double) -> Double
    ) {
        if let integer {
            function = ElementFunction({ x, _ in real(x) }, integer: { x, _ in integer(x) })
        } else {
            function = ElementFunction({ x, _ in real(x) }, integer: nil)
        }
        self.domain = domain
    }

    init(_ function: Unary.Function) {
        let inner = Domain(low: -0.8, high: 0.8)
        let kinkAtZero = Domain(kinks: [0])
        let steps = Domain(kinks: (-6...6).map { Double($0) / 2 })
        self =
            switch function {
            case .negate: UnaryRow(integer: { -$0 }) { -$0 }
            case .absolute: UnaryRow(kinkAtZero, integer: { abs($0) }) { abs($0) }
            case .sign:
                UnaryRow(kinkAtZero, integer: { $0.signum() }) {
                    $0.isNaN || $0 == 0 ? $0 : $0 < 0 ? -1 : 1
                }
            case .square: UnaryRow(integer: { $0 &* $0 }) { $0 * $0 }
            case .squareRoot: UnaryRow(.positive) { $0.squareRoot() }
            case .reciprocalSquareRoot: UnaryRow(.positive) { 1 / $0.squareRoot() }
            case .reciprocal: UnaryRow(.positive) { 1 / $0 }
            case .exponential: UnaryRow { exp($0) }
            case .exponentialMinusOne: UnaryRow { expm1($0) }
            case .logarithm: UnaryRow(.positive) { log($0) }
            case .logarithmOnePlus: UnaryRow(Domain(low: -0.8)) { log1p($0) }
            case .sine: UnaryRow { sin($0) }
            case .cosine: UnaryRow { cos($0) }
            case .tangent: UnaryRow(Domain(low: -1.2, high: 1.2, specials: [])) { tan($0) }
            case .hyperbolicTangent: UnaryRow { tanh($0) }
            case .sigmoid: UnaryRow { 1 / (1 + exp(-$0)) }
            case .errorFunction: UnaryRow { erf($0) }
            case .gelu: UnaryRow { $0 == -.infinity ? 0 : $0 * (1 + erf($0 / 2.squareRoot())) / 2 }
            case .silu: UnaryRow { $0 == -.infinity ? 0 : $0 / (1 + exp(-$0)) }
            case .softplus: UnaryRow { $0 > 700 ? $0 : log(1 + exp($0)) }
            case .relu: UnaryRow(kinkAtZero, integer: { max($0, 0) }) { $0 < 0 ? 0 : $0 }
            case .floor: UnaryRow(steps) { $0.rounded(.down) }
            case .ceiling: UnaryRow(steps) { $0.rounded(.up) }
            case .rounded: UnaryRow(steps) { $0.rounded(.toNearestOrEven) }
            case .truncated: UnaryRow(steps) { $0.rounded(.towardZero) }
            case .exponentialBase2: UnaryRow { exp2($0) }
            case .logarithmBase2: UnaryRow(.positive) { log2($0) }
            case .logarithmBase10: UnaryRow(.positive) { log10($0) }
            case .hyperbolicSine: UnaryRow { sinh($0) }
            case .hyperbolicCosine: UnaryRow { cosh($0) }
            case .inverseSine: UnaryRow(inner) { asin($0) }
            case .inverseCosine: UnaryRow(inner) { acos($0) }
            case .inverseTangent: UnaryRow { atan($0) }
            case .inverseHyperbolicSine: UnaryRow { asinh($0) }
            case .inverseHyperbolicCosine: UnaryRow(Domain(low: 1.2, high: 4)) { acosh($0) }
            case .inverseHyperbolicTangent: UnaryRow(inner) { atanh($0) }
            case .complementaryErrorFunction: UnaryRow { erfc($0) }
            case .inverseErrorFunction: UnaryRow(inner, inverseErrorFunction)
            case .cubeRoot: UnaryRow(.positive) { cbrt($0) }
            }
    }
}

/// Where the error function has a value, by bisection.
@Sendable private func inverseErrorFunction(_ x: Double) -> Double {
    if !(x.magnitude < 1) { return x.magnitude == 1 ? x * .infinity : .nan }
    var (low, high) = (0.0, 6.0)
    for _ in 0..<60 {
        let middle = (low + high) / 2
        if erf(middle) < x.magnitude { low = middle } else { high = middle }
    }
    return x < 0 ? -high : high
}
