import BraidCore
import BraidOperators
import BraidTestSupport
import Foundation

extension EdgeRow {
    /// Every function of two operands at origins, ties, infinities and NaN.
    static let binary = Binary.Function.allCases.flatMap { function in
        BinaryEdge.all(function).map { edge in
            EdgeRow(
                "binary \(function) at (\(edge.a), \(edge.b))", [.init([edge.a]), .init([edge.b])],
                value: [edge.value], slopes: [[edge.slopes.0], [edge.slopes.1]],
                curvatures: [edge.curvatures.0.map { [$0] }, edge.curvatures.1.map { [$0] }]
            ) { .apply(Binary(function), $0[0], $0[1]) }
        }
    }

    /// The same with a scalar on either side, which is a bound of minimum and maximum: at it the slope is
    /// the array's, or 0 where it is said to be flat.
    static let binaryScalar = Binary.Function.allCases.filter {
        !Sample.withoutScalarForms.contains($0)
    }
    .flatMap { function in
        BinaryEdge.all(function).flatMap { edge in
            [false, true].flatMap { isFirst in
                [false, true].map { isFlat in
                    let (scalar, x) = isFirst ? (edge.a, edge.b) : (edge.b, edge.a)
                    var slope = isFirst ? edge.slopes.1 : edge.slopes.0
                    let curvature = isFirst ? edge.curvatures.1 : edge.curvatures.0
                    if function == .minimum || function == .maximum {
                        if scalar == x { slope = isFlat ? 0 : 1 }
                    }
                    return EdgeRow(
                        "binary_scalar \(function) of \(x)\(isFirst ? " after" : "") \(scalar)"
                            + (isFlat ? ", flat" : ""),
                        [.init([x])], value: [edge.value], slopes: [[slope]],
                        curvatures: [curvature.map { [$0] }]
                    ) {
                        .apply(
                            BinaryScalar(
                                function, scalar, isScalarFirst: isFirst, isFlatAtTie: isFlat),
                            $0[0])
                    }
                }
            }
        }
    }
}

/// Operands, the result, both slopes and both second derivatives (nil where that means nothing).
private struct BinaryEdge {
    let a: Double
    let b: Double
    let value: Double
    let slopes: (Double, Double)
    let curvatures: (Double?, Double?)

    init(
        _ a: Double, _ b: Double, _ value: Double, _ slopes: (Double, Double),
        _ curvatures: (Double?, Double?) = (0, 0)
    ) {
        self.a = a
        self.b = b
        self.value = value
        self.slopes = slopes
        self.curvatures = curvatures
    }

    static func all(_ function: Binary.Function) -> [BinaryEdge] {
        let (inf, nan) = (Double.infinity, Double.nan)
        func edge(
            _ a: Double, _ b: Double, _ value: Double, _ slopes: (Double, Double),
            _ curvatures: (Double?, Double?) = (0, 0)
        ) -> BinaryEdge { BinaryEdge(a, b, value, slopes, curvatures) }
        switch function {
        case .add:
            return [
                edge(0, -0.0, 0, (1, 1)), edge(inf, -inf, nan, (1, 1)), edge(nan, 1, nan, (1, 1)),
            ]
        case .subtract:
            return [
                edge(0, 0, 0, (1, -1)), edge(inf, inf, nan, (1, -1)), edge(nan, 1, nan, (1, -1)),
            ]
        case .multiply:
            return [
                edge(0, 0, 0, (0, 0)), edge(inf, 2, inf, (2, inf)), edge(0, inf, nan, (inf, 0)),
                edge(nan, 1, nan, (1, nan)),
            ]
        case .divide:
            return [
                edge(0, 1, 0, (1, 0)), edge(1, 0, inf, (inf, -inf), (0, inf)),
                edge(1, inf, 0, (0, 0)), edge(inf, 1, inf, (1, -inf), (0, inf)),
                edge(0, 0, nan, (inf, nan), (0, nan)), edge(nan, 1, nan, (1, nan), (0, nan)),
            ]
        case .minimum:
            return [
                edge(1, 1, 1, (0.5, 0.5)), edge(0, -0.0, 0, (0.5, 0.5)),
                edge(inf, inf, inf, (0.5, 0.5)), edge(-inf, -inf, -inf, (0.5, 0.5)),
                edge(-inf, 1, -inf, (1, 0)), edge(2, 1, 1, (0, 1)), edge(nan, 1, nan, (1, 1)),
                edge(1, nan, nan, (1, 1)),
            ]
        case .maximum:
            return [
                edge(1, 1, 1, (0.5, 0.5)), edge(0, -0.0, 0, (0.5, 0.5)),
                edge(inf, inf, inf, (0.5, 0.5)), edge(-inf, -inf, -inf, (0.5, 0.5)),
                edge(-inf, 1, 1, (0, 1)), edge(2, 1, 2, (1, 0)), edge(nan, 1, nan, (1, 1)),
                edge(1, nan, nan, (1, 1)),
            ]
        case .power: return powers
        case .remainder:
            return [
                edge(5, 3, 2, (1, -1)), edge(-5, 3, -2, (1, 1)), edge(0, 2, 0, (1, 0)),
                edge(1, inf, 1, (1, 0)), edge(1, 0, nan, (1, -inf)), edge(nan, 1, nan, (1, nan)),
            ]
        case .modulo:
            return [
                edge(5, 3, 2, (1, -1)), edge(-5, 3, 1, (1, 2)), edge(0, 2, 0, (1, 0)),
                edge(nan, 1, nan, (1, nan)),
            ]
        case .floorDivide:
            return [
                edge(7, 2, 3, (0, 0)), edge(-7, 2, -4, (0, 0)), edge(1, 0, inf, (0, 0)),
                edge(nan, 1, nan, (0, 0)),
            ]
        case .arcTangent:
            return [
                edge(0, 0, 0, (0, 0)), edge(-0.0, 0, 0, (0, 0)), edge(0, 1, 0, (1, 0)),
                edge(1, 0, .pi / 2, (0, -1)), edge(1, 1, .pi / 4, (0.5, -0.5), (-0.5, 0.5)),
                edge(inf, 1, .pi / 2, (0, 0)), edge(1, inf, 0, (0, 0)),
                edge(inf, inf, .pi / 4, (0, 0)), edge(nan, 1, nan, (nan, nan), (nan, nan)),
                edge(1e-30, 1e-30, .pi / 4, (5e29, -5e29), (nil, nil)),
            ]
        case .hypotenuse:
            return [
                edge(0, 0, 0, (0, 0)), edge(0, 2, 2, (0, 1), (0.5, 0)),
                edge(3, 4, 5, (0.6, 0.8), (0.128, 0.072)), edge(inf, 1, inf, (1, 0)),
                edge(1, -inf, inf, (0, -1)), edge(nan, 1, nan, (nan, nan), (nan, nan)),
            ]
        case .logAddExp:
            return [
                edge(0, 0, log(2), (0.5, 0.5), (0.25, 0.25)), edge(-inf, -inf, -inf, (0, 0)),
                edge(inf, inf, inf, (0.5, 0.5)), edge(-inf, 1, 1, (0, 1)),
                edge(1, inf, inf, (0, 1)), edge(1000, 0, 1000, (1, 0)),
                edge(nan, 1, nan, (nan, nan), (nan, nan)),
            ]
        }
    }

    /// `a^b` has the slopes `b a^(b - 1)` and `a^b log a`: 0 where both are 0, and by the exponent where the
    /// power is.
    private static let powers: [BinaryEdge] = {
        let (inf, nan, ln2) = (Double.infinity, Double.nan, log(2.0))
        return [
            BinaryEdge(0, 0, 1, (0, 0)), BinaryEdge(-0.0, 0, 1, (0, 0)),
            BinaryEdge(0, 1, 0, (1, 0)), BinaryEdge(0, 2, 0, (0, 0), (2, 0)),
            BinaryEdge(0, 3, 0, (0, 0)), BinaryEdge(0, 0.5, 0, (inf, 0), (-inf, 0)),
            BinaryEdge(0, -1, inf, (-inf, -inf), (inf, inf)), BinaryEdge(1, 0, 1, (0, 0)),
            BinaryEdge(2, 3, 8, (12, 8 * ln2), (12, 8 * ln2 * ln2)),
            BinaryEdge(-1, 2, 1, (-2, nan), (2, nan)),
            BinaryEdge(inf, 2, inf, (inf, inf), (2, inf)),
            BinaryEdge(inf, -1, 0, (0, 0)), BinaryEdge(inf, 0, 1, (0, inf), (0, inf)),
            BinaryEdge(nan, 2, nan, (nan, nan), (2, nan)),
            BinaryEdge(2, nan, nan, (nan, nan), (nan, nan)),
        ]
    }()
}
