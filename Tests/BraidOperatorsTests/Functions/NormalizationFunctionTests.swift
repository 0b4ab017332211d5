import BraidCore
import BraidOperators
import BraidTestSupport
import Testing

/// The functions that normalise, as far as they are more than their operator.
@Suite(.printsSeed) struct NormalizationFunctionTests {
    private static let image: Shape = [2, 3, 4]
    private static let statistics = Domain(low: 0.4, high: 2, specials: [])

    static let rows: [FunctionRow] = [
        FunctionRow(
            "batch normalisation by known statistics", [image, [3], [3], [3], [3]],
            domain: statistics, reductionLength: 10
        ) {
            $0[0].batchNormalized(
                mean: $0[1], variance: $0[2], weight: $0[3], bias: $0[4], epsilon: 0.25)
        } reference: { values in
            HostArray(values[0].type) { index in
                let channel = [index[1]]
                let distance = values[0][index].real - values[1][channel].real
                let scale = values[3][channel].real / (values[2][channel].real + 0.25).squareRoot()
                return .real(distance * scale + values[4][channel].real)
            }
        },
        FunctionRow(
            "batch normalisation by known statistics alone", [image, [3], [3]],
            domain: statistics, reductionLength: 10
        ) {
            $0[0].batchNormalized(mean: $0[1], variance: $0[2])
        } reference: { values in
            HostArray(values[0].type) { index in
                let channel = [index[1]]
                let distance = values[0][index].real - values[1][channel].real
                return .real(distance / (values[2][channel].real + 1e-5).squareRoot())
            }
        },
        // Without a weight a bias stands alone.
        FunctionRow(
            "instance normalisation with a bias", [image, [3]], domain: Domain(specials: []),
            reductionLength: 40
        ) {
            $0[0].instanceNormalized(bias: $0[1], epsilon: 0.5)
        } reference: { values in
            HostArray(values[0].type) { index in
                let row = (0..<4).map { values[0][[index[0], index[1], $0]].real }
                let mean = row.reduce(0, +) / 4
                let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 4
                let normalized = (row[index[2]] - mean) / (variance + 0.5).squareRoot()
                return .real(normalized + values[1][[index[1]]].real)
            }
        },
    ]

    @Test(arguments: rows) func functionsComputeTheirFormulas(_ row: FunctionRow) { row.check() }

    private static let mistakes: [Mistake] = [
        Mistake(["batch_normalization", "[2, 3, 4]", "[4]", "[3]"]) {
            variable([2, 3, 4]).batchNormalized(mean: variable([4]), variance: variable([3]))
        },
        Mistake(["normalization", "[5]"]) { variable([5]).instanceNormalized() },
        Mistake(["normalization", "3 channels", "2 equal groups"]) {
            variable([2, 3, 4]).groupNormalized(groups: 2)
        },
        Mistake(["normalization", "f32[4]", "f32[3]"]) {
            variable([2, 3, 4]).layerNormalized(weight: variable([3]))
        },
    ]

    private static func variable(_ shape: Shape) -> Symbol { .variable("x", .f32, shape) }

    @Test func mistakesNameTheShapes() { for mistake in Self.mistakes { mistake.check() } }
}
