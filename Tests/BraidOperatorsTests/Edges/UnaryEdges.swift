import BraidCore
import BraidOperators
import Foundation

extension EdgeRow {
    /// Every function of one operand at zeros, ones, infinities and NaN.
    static let unary = Unary.Function.allCases.map { function in
        let edge = UnaryEdge(function)
        let points: [Double] = [0, -0.0, 1, -1, .infinity, -.infinity, .nan]
        let all = points.map { x in
            edge.exceptions.first { $0.at.bitPattern == x.bitPattern }
                .map { ($0.value, $0.slope, $0.curvature) }
                ?? (edge.value(x), edge.slope(x), edge.curvature(x))
        }
        return EdgeRow(
            "unary \(function)", points, value: all.map(\.0), slope: all.map(\.1),
            curvature: all.map(\.2)
        ) { .apply(Unary(function), $0) }
    }
}

/// Closed forms of a function and its derivatives, and what they are where the forms are 0 · ∞: limits, or
/// one-sided ones.
private struct UnaryEdge {
    let value: (Double) -> Double
    let slope: (Double) -> Double
    let curvature: (Double) -> Double
    var exceptions: [(at: Double, value: Double, slope: Double, curvature: Double)] = []

    private init(
        _ value: @escaping (Double) -> Double, _ slope: @escaping (Double) -> Double,
        _ curvature: @escaping (Double) -> Double,
        _ exceptions: [(at: Double, value: Double, slope: Double, curvature: Double)] = []
    ) {
        self.value = value
        self.slope = slope
        self.curvature = curvature
        self.exceptions = exceptions
    }

    /// A function of steps.
    private init(steps value: @escaping (Double) -> Double) {
        self.init(value, { _ in 0 }, { _ in 0 })
    }

    init(_ function: Unary.Function) {
        self = Self.algebraic(function) ?? Self.transcendental(function) ?? Self.inverse(function)
    }

    private static func algebraic(_ function: Unary.Function) -> UnaryEdge? {
        let inf = Double.infinity
        func sign(_ x: Double) -> Double { x.isNaN ? x : x > 0 ? 1 : x < 0 ? -1 : 0 }
        return switch function {
        case .negate: UnaryEdge({ -$0 }, { _ in -1 }, { _ in 0 })
        case .absolute: UnaryEdge({ abs($0) }, sign, { _ in 0 })
        case .sign: UnaryEdge(steps: sign)
        case .square: UnaryEdge({ $0 * $0 }, { 2 * $0 }, { _ in 2 })
        case .squareRoot:
            UnaryEdge(
                { $0.squareRoot() }, { 0.5 / $0.squareRoot() }, { -0.25 * pow($0, -1.5) },
                [(-0.0, -0.0, -inf, inf), (-inf, .nan, .nan, .nan)])  // from below
        case .reciprocalSquareRoot:
            UnaryEdge(
                { 1 / $0.squareRoot() }, { -0.5 * pow($0, -1.5) }, { 0.75 * pow($0, -2.5) },
                [(-0.0, -inf, inf, -inf), (-inf, .nan, .nan, .nan)])
        case .reciprocal: UnaryEdge({ 1 / $0 }, { -1 / ($0 * $0) }, { 2 / ($0 * $0 * $0) })
        case .relu: UnaryEdge({ $0 < 0 ? 0 : $0 }, { $0 <= 0 ? 0 : 1 }, { _ in 0 })
        case .floor: UnaryEdge(steps: { $0.rounded(.down) })
        case .ceiling: UnaryEdge(steps: { $0.rounded(.up) })
        case .rounded: UnaryEdge(steps: { $0.rounded(.toNearestOrEven) })
        case .truncated: UnaryEdge(steps: { $0.rounded(.towardZero) })
        case .cubeRoot:
            UnaryEdge({ cbrt($0) }, { 1 / (3 * pow(cbrt($0), 2)) }, { -2 / (9 * pow(cbrt($0), 5)) })
        default: nil
        }
    }

    private static func transcendental(_ function: Unary.Function) -> UnaryEdge? {
        let (inf, ln2, ln10) = (Double.infinity, log(2.0), log(10.0))
        let bell = 2 / Double.pi.squareRoot()
        func normal(_ x: Double) -> Double { exp(-x * x / 2) / (2 * Double.pi).squareRoot() }
        func distribution(_ x: Double) -> Double { erfc(-x / 2.0.squareRoot()) / 2 }
        func logistic(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
        func logisticSlope(_ x: Double) -> Double { logistic(x) * (1 - logistic(x)) }
        func hyperbolicSlope(_ x: Double) -> Double { 1 - tanh(x) * tanh(x) }
        return switch function {
        case .exponential: UnaryEdge({ exp($0) }, { exp($0) }, { exp($0) })
        case .exponentialMinusOne: UnaryEdge({ expm1($0) }, { exp($0) }, { exp($0) })
        case .exponentialBase2:
            UnaryEdge({ exp2($0) }, { ln2 * exp2($0) }, { ln2 * ln2 * exp2($0) })
        case .logarithm: UnaryEdge({ log($0) }, { 1 / $0 }, { -1 / ($0 * $0) })
        case .logarithmOnePlus:
            UnaryEdge({ log1p($0) }, { 1 / (1 + $0) }, { -1 / ((1 + $0) * (1 + $0)) })
        case .logarithmBase2:
            UnaryEdge({ log2($0) }, { 1 / ($0 * ln2) }, { -1 / ($0 * $0 * ln2) })
        case .logarithmBase10:
            UnaryEdge({ log10($0) }, { 1 / ($0 * ln10) }, { -1 / ($0 * $0 * ln10) })
        case .sine: UnaryEdge({ sin($0) }, { cos($0) }, { -sin($0) })
        case .cosine: UnaryEdge({ cos($0) }, { -sin($0) }, { -cos($0) })
        case .tangent:
            UnaryEdge(
                { tan($0) }, { 1 + tan($0) * tan($0) }, { 2 * tan($0) * (1 + tan($0) * tan($0)) })
        case .hyperbolicSine: UnaryEdge({ sinh($0) }, { cosh($0) }, { sinh($0) })
        case .hyperbolicCosine: UnaryEdge({ cosh($0) }, { sinh($0) }, { cosh($0) })
        case .hyperbolicTangent:
            UnaryEdge({ tanh($0) }, hyperbolicSlope, { -2 * tanh($0) * hyperbolicSlope($0) })
        case .sigmoid:
            UnaryEdge(logistic, logisticSlope, { logisticSlope($0) * (1 - 2 * logistic($0)) })
        case .softplus:
            UnaryEdge(
                { $0.isNaN ? $0 : max($0, 0) + log1p(exp(-abs($0))) }, logistic, logisticSlope)
        case .gelu:
            UnaryEdge(
                { $0 * distribution($0) }, { distribution($0) + $0 * normal($0) },
                { normal($0) * (2 - $0 * $0) }, [(inf, inf, 1, 0), (-inf, 0, 0, 0)])
        case .silu:
            UnaryEdge(
                { $0 * logistic($0) }, { logistic($0) + $0 * logisticSlope($0) },
                { logisticSlope($0) * (2 + $0 * (1 - 2 * logistic($0))) },
                [(inf, inf, 1, 0), (-inf, 0, 0, 0)])
        case .errorFunction:
            UnaryEdge(
                { erf($0) }, { bell * exp(-$0 * $0) }, { -2 * $0 * bell * exp(-$0 * $0) },
                [(inf, 1, 0, 0), (-inf, -1, 0, 0)])
        case .complementaryErrorFunction:
            UnaryEdge(
                { erfc($0) }, { -bell * exp(-$0 * $0) }, { 2 * $0 * bell * exp(-$0 * $0) },
                [(inf, 0, 0, 0), (-inf, 2, 0, 0)])
        default: nil
        }
    }

    private static func inverse(_ function: Unary.Function) -> UnaryEdge {
        let (inf, nan, half) = (Double.infinity, Double.nan, Double.pi.squareRoot() / 2)
        switch function {
        case .inverseSine:
            return UnaryEdge(
                { asin($0) }, { 1 / (1 - $0 * $0).squareRoot() }, { $0 / pow(1 - $0 * $0, 1.5) },
                [(inf, nan, nan, nan), (-inf, nan, nan, nan)])
        case .inverseCosine:
            return UnaryEdge(
                { acos($0) }, { -1 / (1 - $0 * $0).squareRoot() }, { -$0 / pow(1 - $0 * $0, 1.5) },
                [(inf, nan, nan, nan), (-inf, nan, nan, nan)])
        case .inverseTangent:
            return UnaryEdge(
                { atan($0) }, { 1 / (1 + $0 * $0) }, { -2 * $0 / pow(1 + $0 * $0, 2) },
                [(inf, .pi / 2, 0, 0), (-inf, -.pi / 2, 0, 0)])
        case .inverseHyperbolicSine:
            return UnaryEdge(
                { asinh($0) }, { 1 / (1 + $0 * $0).squareRoot() }, { -$0 / pow(1 + $0 * $0, 1.5) },
                [(inf, inf, 0, 0), (-inf, -inf, 0, 0)])
        case .inverseHyperbolicCosine:
            return UnaryEdge(
                { acosh($0) }, { 1 / ($0 * $0 - 1).squareRoot() }, { -$0 / pow($0 * $0 - 1, 1.5) },
                [(inf, inf, 0, 0), (-inf, nan, 0, 0)])
        case .inverseHyperbolicTangent:
            return UnaryEdge(
                { atanh($0) }, { 1 / (1 - $0 * $0) }, { 2 * $0 / pow(1 - $0 * $0, 2) })
        case .inverseErrorFunction:
            // erfinv is 0 at 0, infinite at ±1, and nothing beyond: enough for these places.
            func erfinv(_ x: Double) -> Double { x == 0 ? x : abs(x) == 1 ? x * inf : nan }
            func slope(_ x: Double) -> Double { half * exp(erfinv(x) * erfinv(x)) }
            return UnaryEdge(erfinv, slope, { 2 * erfinv($0) * slope($0) * slope($0) })
        default: preconditionFailure("\(function) has no row among the edges: write one")
        }
    }
}
