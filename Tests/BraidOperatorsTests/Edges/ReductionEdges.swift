import BraidCore
import BraidOperators
import Foundation

extension EdgeRow {
    /// Every reduction of nothing, of one element, of ties and infinities. Slopes of a sum of slopes: the
    /// rows of the matrix of second derivatives, summed up.
    static let reductions = Reduction.Function.allCases.flatMap { function in
        places(function).map { place in
            EdgeRow(
                "reduction \(function) of \(place.x)", place.x, value: [place.value],
                slope: place.slope, curvature: place.curvature ?? place.x.map { _ in 0 }
            ) { .apply(Reduction(function), $0) }
        }
    }

    private typealias Place = (
        x: [Double], value: Double, slope: [Double], curvature: [Double]?
    )

    private static func places(_ function: Reduction.Function) -> [Place] {
        switch function {
        case .sum:
            return [
                ([], 0, [], nil), ([3], 3, [1], nil), ([0, -0.0, inf], inf, [1, 1, 1], nil),
                ([inf, -inf], nan, [1, 1], nil), ([1, nan], nan, [1, 1], nil),
            ]
        case .mean:
            return [
                ([], nan, [], nil), ([3], 3, [1], nil), ([1, inf], inf, [0.5, 0.5], nil),
                ([1, nan], nan, [0.5, 0.5], nil),
            ]
        case .product:
            return [
                ([], 1, [], nil), ([0], 0, [1], nil), ([0, 3, 2], 0, [6, 0, 0], [5, 2, 3]),
                ([0, -0.0, 2], 0, [0, 0, 0], [2, 2, 0]), ([0, 0, 0], 0, [0, 0, 0], [0, 0, 0]),
                ([inf, 2], inf, [2, inf], [1, 1]), ([nan, 2], nan, [2, nan], [1, 1]),
            ]
        case .maximum:
            return [
                ([3], 3, [1], nil), ([1, 1, 0], 1, [0.5, 0.5, 0], nil),
                ([0, -0.0], 0, [0.5, 0.5], nil), ([inf, 1, inf], inf, [0.5, 0, 0.5], nil),
                ([-inf, -inf], -inf, [0.5, 0.5], nil), ([nan, 1], nan, [nan, nan], nil),
            ]
        case .minimum:
            return [
                ([3], 3, [1], nil), ([1, 1, 2], 1, [0.5, 0.5, 0], nil),
                ([0, -0.0], 0, [0.5, 0.5], nil), ([-inf, 1, -inf], -inf, [0.5, 0, 0.5], nil),
                ([inf, inf], inf, [0.5, 0.5], nil), ([nan, 1], nan, [nan, nan], nil),
            ]
        case .all, .any: return []  // of truth values, which have no slope
        }
    }

    /// Statistics, softmax and running sums, which are functions of lines.
    static let lines: [EdgeRow] =
        deviations + [0.5, 1, 1.5, 2, 3, inf].flatMap(norms) + exponentials + softmaxes + running

    private static let (inf, nan, ln2) = (Double.infinity, Double.nan, log(2.0))
    private static let zeros: [Double] = [0, 0, 0]
    private static let e = exp(1.0)

    private static let deviations: [EdgeRow] = [
        EdgeRow(
            "variance of equal elements", [2, 2, 2], value: [0], slope: zeros, curvature: zeros
        ) {
            $0.variance()
        },
        EdgeRow("variance of one", [2], value: [0], slope: [0], curvature: [0]) { $0.variance() },
        EdgeRow(
            "variance with NaN", [2, nan], value: [nan], slope: [nan, nan], curvature: [0, 0]
        ) {
            $0.variance()
        },
        EdgeRow(
            "deviation of equal elements", [2, 2, 2], value: [0], slope: zeros, curvature: zeros
        ) {
            $0.standardDeviation()
        },
        EdgeRow("deviation of zeros", [0, -0.0], value: [0], slope: [0, 0], curvature: [0, 0]) {
            $0.standardDeviation(correction: 1)
        },
        EdgeRow("deviation", [0, 2], value: [1], slope: [-0.5, 0.5], curvature: [0, 0]) {
            $0.standardDeviation()
        },
        EdgeRow("deviation of nothing", [], value: [nan], slope: [], curvature: []) {
            $0.standardDeviation()
        },
        EdgeRow("deviation with NaN", [1, nan], value: [nan], slope: [nan, nan], curvature: nil) {
            $0.standardDeviation()
        },
    ]

    private static func norms(_ order: Double) -> [EdgeRow] {
        // By one element beside 0 the norm of order 2 is bent, as a cone is.
        let bent: Double = order == 2 ? 0.25 : 0
        let kept: Double = order == 1 ? 1 : nan
        @Sendable func norm(_ x: Symbol) -> Symbol { x.norm(order: order) }
        var rows = [
            EdgeRow(
                "norm \(order) of zeros", [0, -0.0, 0], value: [0], slope: zeros,
                curvature: zeros, norm),
            EdgeRow(
                "norm \(order) beside 0", [0, -4], value: [4], slope: [0, -1],
                curvature: [bent, 0], norm),
            EdgeRow(
                "norm \(order) with NaN", [nan, 1], value: [nan], slope: [nan, kept],
                curvature: nil, norm),
        ]
        if order != inf {
            rows.append(
                EdgeRow(
                    "norm \(order) of nothing", [], value: [0], slope: [], curvature: [], norm))
        }
        return rows
    }

    private static let exponentials: [EdgeRow] = [
        EdgeRow(
            "log-sum-exp of -inf", [-inf, -inf], value: [-inf], slope: [0, 0], curvature: [0, 0]
        ) {
            $0.logSumExp()
        },
        EdgeRow("log-sum-exp of nothing", [], value: [-inf], slope: [], curvature: []) {
            $0.logSumExp()
        },
        EdgeRow(
            "log-sum-exp beside -inf", [-inf, 3], value: [3], slope: [0, 1], curvature: [0, 0]
        ) {
            $0.logSumExp()
        },
        EdgeRow(
            "log-sum-exp of ties", [5, 5], value: [5 + ln2], slope: [0.5, 0.5], curvature: [0, 0]
        ) {
            $0.logSumExp()
        },
        // As its softmax, which is not known there.
        EdgeRow("log-sum-exp of inf", [inf, 1], value: [inf], slope: [nan, 0], curvature: nil) {
            $0.logSumExp()
        },
        EdgeRow("log-sum-exp with NaN", [nan, 1], value: [nan], slope: [nan, nan], curvature: nil) {
            $0.logSumExp()
        },
    ]

    private static let softmaxes: [EdgeRow] = [
        EdgeRow("softmax of ties", [2, 2], value: [0.5, 0.5], slope: [0, 0], curvature: [0, 0]) {
            $0.softmax()
        },
        EdgeRow(
            "softmax beside -inf", [-inf, 0, 0], value: [0, 0.5, 0.5], slope: zeros,
            curvature: zeros
        ) {
            $0.softmax()
        },
        EdgeRow(
            "softmax with NaN", [nan, 0], value: [nan, nan], slope: [nan, nan], curvature: nil
        ) {
            $0.softmax()
        },
        EdgeRow("softmax of one", [7], value: [1], slope: [0], curvature: [0]) { $0.softmax() },
        EdgeRow("softmax of nothing", [], value: [], slope: [], curvature: []) { $0.softmax() },
        EdgeRow(
            "squares of softmax beside -inf", [-inf, 0, 0], value: [0, 0.25, 0.25],
            slope: zeros, curvature: zeros
        ) {
            $0.softmax().square()
        },
        EdgeRow(
            "log-softmax beside -inf", [-inf, 0, 0], value: [-inf, -ln2, -ln2],
            slope: [1, -0.5, -0.5], curvature: zeros
        ) {
            $0.logSoftmax()
        },
        EdgeRow(
            "log-softmax with NaN", [nan, 0], value: [nan, nan], slope: [nan, nan], curvature: nil
        ) {
            $0.logSoftmax()
        },
        EdgeRow(
            "causal softmax beside -inf", [0, 5, -inf, 0], [2, 2], value: [1, 0, 0, 1],
            slope: [0, 0, 0, 0], curvature: [0, 0, 0, 0]
        ) {
            $0.causalSoftmax()
        },
    ]

    private static let running: [EdgeRow] = [
        EdgeRow(
            "running sum", [0, inf, 1], value: [0, inf, inf], slope: [3, 2, 1], curvature: zeros
        ) {
            $0.cumulativeSum()
        },
        EdgeRow("running sum of nothing", [], value: [], slope: [], curvature: []) {
            $0.cumulativeSum()
        },
        // x, x y, x y z: slopes 1 + y + y z, x + x z, x y.
        EdgeRow(
            "running product with zeros", [0, 2, 0], value: [0, 0, 0], slope: [3, 0, 0],
            curvature: [3, 1, 2]
        ) {
            $0.cumulativeProduct()
        },
        EdgeRow(
            "running product of zeros", zeros, value: zeros, slope: [1, 0, 0], curvature: [1, 1, 0]
        ) {
            $0.cumulativeProduct()
        },
        EdgeRow(
            "running product, exclusive", [0, 0, 5], value: [1, 0, 0], slope: [1, 0, 0],
            curvature: [1, 1, 0]
        ) {
            $0.cumulativeProduct(exclusive: true)
        },
        EdgeRow(
            "exponentials of nothing but -inf", [-inf, -inf], value: [0], slope: [0, 0],
            curvature: [0, 0]
        ) {
            $0.exp().sum()
        },
        EdgeRow(
            "mean cube of e", [e], value: [pow(e, 3)], slope: [3 * pow(e, 2)], curvature: [6 * e]
        ) {
            ($0 * $0 * $0).mean()
        },
    ]
}
