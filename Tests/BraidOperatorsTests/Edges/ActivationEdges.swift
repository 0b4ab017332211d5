import BraidCore
import BraidOperators
import Foundation

extension EdgeRow {
    /// Activations and bounds at their corners, at infinity and at NaN, as PyTorch has them; at infinity the
    /// limits.
    static let activations: [EdgeRow] = {
        let (inf, nan) = (Double.infinity, Double.nan)
        /// Places of a function of lines; the second derivative is 0 unless it is given.
        func row(
            _ description: String, _ places: [(x: Double, value: Double, slope: Double)],
            curvature: [Double]? = nil, _ function: @escaping @Sendable (Symbol) -> Symbol
        ) -> EdgeRow {
            EdgeRow(
                description, places.map(\.x), value: places.map(\.value),
                slope: places.map(\.slope),
                curvature: curvature ?? places.map { _ in 0 }, function)
        }
        let e = 1 / M_E
        return [
            row(
                "relu6",
                [
                    (0, 0, 0), (-0.0, 0, 0), (6, 6, 0), (3, 3, 1), (-1, 0, 0), (7, 6, 0),
                    (inf, 6, 0),
                    (-inf, 0, 0), (nan, nan, 1),
                ]
            ) { $0.relu6() },
            row(
                "hardSigmoid",
                [
                    (-3, 0, 0), (3, 1, 0), (0, 0.5, 1.0 / 6), (inf, 1, 0), (-inf, 0, 0),
                    (nan, nan, 1.0 / 6),
                ]
            ) { $0.hardSigmoid() },
            row(
                "hardSwish, flat at -3 and a line from 3 on",
                [(-3, 0, 0), (3, 3, 1), (0, 0, 0.5), (inf, inf, 1), (-inf, 0, 0), (nan, nan, nan)],
                curvature: [0, 0, 1.0 / 3, 0, 0, 1.0 / 3]
            ) { $0.hardSwish() },
            row(
                "clamped, which is 1 at its ends as torch.clamp",
                [
                    (-1, -1, 1), (1, 1, 1), (0, 0, 1), (2, 1, 0), (inf, 1, 0), (-inf, -1, 0),
                    (nan, nan, 1),
                ]
            ) { $0.clamped(to: -1...1) },
            row(
                "hardShrink",
                [
                    (0.5, 0, 0), (-0.5, 0, 0), (1, 1, 1), (0, 0, 0), (inf, inf, 1), (-inf, -inf, 1),
                    (nan, nan, 1),
                ]
            ) { $0.hardShrink() },
            row(
                "softShrink",
                [
                    (0.5, 0, 0), (-0.5, 0, 0), (1, 0.5, 1), (0, 0, 0), (inf, inf, 1),
                    (-inf, -inf, 1),
                    (nan, nan, 0),
                ]
            ) { $0.softShrink() },
            row(
                "leakyRelu",
                [
                    (0, 0, 0.5), (-0.0, 0, 0.5), (2, 2, 1), (inf, inf, 1), (-inf, -inf, 0.5),
                    (nan, nan, 0.5),
                ]
            ) { $0.leakyRelu(slope: 0.5) },
            row(
                "elu", [(0, 0, 1), (-1, e - 1, e), (inf, inf, 1), (-inf, -1, 0), (nan, nan, nan)],
                curvature: [1, e, 0, 0, nan]
            ) { $0.elu() },
            row(
                "celu",
                [(0, 0, 1), (-2, 2 * (e - 1), e), (inf, inf, 1), (-inf, -2, 0), (nan, nan, nan)],
                curvature: [0.5, e / 2, 0, 0, nan]
            ) { $0.celu(alpha: 2) },
            row("selu", [(inf, inf, 1.0507009873554805), (-inf, -1.7580993408473766, 0)]) {
                $0.selu()
            },
            row(
                "softsign",
                [(0, 0, 1), (1, 0.5, 0.25), (inf, 1, 0), (-inf, -1, 0), (nan, nan, nan)],
                curvature: [0, -0.25, 0, 0, nan]
            ) { $0.softsign() },
            row("mish", [(inf, inf, 1), (-inf, 0, 0), (1e30, 1e30, 1), (-1e30, 0, 0)]) {
                $0.mish()
            },
            row(
                "geluTanh", [(0, 0, 0.5), (inf, inf, 1), (-inf, 0, 0), (1e30, 1e30, 1)],
                curvature: [2 * (2 / Double.pi).squareRoot() / 2 * 1, 0, 0, 0]
            ) { $0.geluTanh() },
            row("swish", [(0, 0, 0.5), (inf, inf, 1), (-inf, 0, 0)], curvature: [1, 0, 0]) {
                $0.swish(beta: 2)
            },
            row(
                "swish of a negative beta", [(0, 0, 0.5), (inf, 0, 0), (-inf, -inf, 1)],
                curvature: [-0.5, 0, 0]
            ) { $0.swish(beta: -1) },
            row("swish of 0", [(2, 1, 0.5), (inf, inf, 0.5), (-inf, -inf, 0.5)]) {
                $0.swish(beta: 0)
            },
            row(
                "logSigmoid", [(0, -log(2), 0.5), (inf, 0, 0), (-inf, -inf, 1)],
                curvature: [-0.25, 0, 0]
            ) {
                $0.logSigmoid()
            },
        ]
    }()
}
