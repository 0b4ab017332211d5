import BraidCore
import BraidGraph
import BraidOperators
import BraidTestSupport
import Foundation
import Testing

/// Activations that are compositions, and tests of numbers.
@Suite(.printsSeed) struct ActivationTests {
    private static func row(
        _ description: String, kinks: [Double] = [],
        _ function: @escaping @Sendable (Symbol) -> Symbol,
        _ reference: @escaping @Sendable (Double) -> Double
    ) -> FunctionRow {
        FunctionRow(
            description, [[3, 7]],
            domain: Domain(low: -7, high: 7, kinks: kinks, specials: [0, -0.0, 50, -50, .nan])
        ) {
            function($0[0])
        } reference: { values in
            HostArray(values[0].type) { .real(reference(values[0][$0].real)) }
        }
    }

    private static func clamp(_ x: Double, _ low: Double, _ high: Double) -> Double {
        x.isNaN ? x : min(max(x, low), high)
    }
    private static func elu(_ x: Double, _ alpha: Double) -> Double {
        x > 0 ? x : alpha * expm1(x)
    }
    private static func softplus(_ x: Double) -> Double { max(x, 0) + log1p(exp(-abs(x))) }

    static let rows: [FunctionRow] = [
        row("leaky relu", kinks: [0]) {
            $0.leakyRelu(slope: 0.1)
        } _: {
            $0 > 0 ? $0 : 0.1 * $0
        },
        row("elu", kinks: [0]) {
            $0.elu(alpha: 1.5)
        } _: {
            elu($0, 1.5)
        },
        row("selu", kinks: [0]) {
            $0.selu()
        } _: {
            1.0507009873554804934193349852946 * elu($0, 1.6732632423543772848170429916717)
        },
        row("celu", kinks: [0]) {
            $0.celu(alpha: 2)
        } _: {
            $0 > 0 ? $0 : 2 * expm1($0 / 2)
        },
        row("relu6", kinks: [0, 6]) {
            $0.relu6()
        } _: {
            clamp($0, 0, 6)
        },
        row("hard sigmoid", kinks: [-3, 3]) {
            $0.hardSigmoid()
        } _: {
            clamp($0 + 3, 0, 6) / 6
        },
        row("hard swish", kinks: [-3, 3]) {
            $0.hardSwish()
        } _: {
            $0 * clamp($0 + 3, 0, 6) / 6
        },
        row("softsign", kinks: [0]) {
            $0.softsign()
        } _: {
            $0 / (1 + abs($0))
        },
        row("mish") {
            $0.mish()
        } _: {
            $0.isNaN ? $0 : $0 * tanh(softplus($0))
        },
        row("log sigmoid") {
            $0.logSigmoid()
        } _: {
            $0.isNaN ? $0 : -softplus(-$0)
        },
        row("gelu by tanh") {
            $0.geluTanh()
        } _: {
            $0 / 2 * (1 + tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0)))
        },
        row("hard shrink", kinks: [-0.5, 0.5]) {
            $0.hardShrink()
        } _: {
            $0.isNaN || abs($0) > 0.5 ? $0 : 0
        },
        row("soft shrink", kinks: [-0.5, 0.5]) {
            $0.softShrink()
        } _: {
            $0.isNaN ? $0 : abs($0) > 0.5 ? $0 - ($0 < 0 ? -0.5 : 0.5) : 0
        },
        row("remainder by a scalar", kinks: (-4...4).map { Double($0) * 2 }) {
            $0.remainder(dividingBy: 2)
        } _: {
            fmod($0, 2)
        },
        row("modulo a scalar", kinks: (-4...4).map { Double($0) * 2 }) {
            $0.modulo(2)
        } _: {
            $0 - 2 * ($0 / 2).rounded(.down)
        },
        row("floor division by a scalar", kinks: (-4...4).map { Double($0) * 2 }) {
            $0.floorDivided(by: 2)
        } _: {
            ($0 / 2).rounded(.down)
        },
    ]

    @Test(arguments: rows) func valuesAndDerivatives(_ row: FunctionRow) { row.check() }

    @Test func slopesOfLargeNumbersAreNumbers() throws {
        let x = Symbol.variable("x", .f32, [2])
        for y in [x.elu(), x.selu(), x.celu(), x.mish(), x.logSigmoid(), x.softplus()] {
            let slope = gradients(of: [y], cotangents: [.ones([2])], at: [x])[0]
            let found = try GraphEvaluator([try #require(slope)])([
                (x, HostArray(.f32, [2], [1000, -1000]))
            ])
            #expect(found[0].reals.allSatisfy { $0.isFinite })
        }
    }

    @Test func kindsOfNumbers() throws {
        let x = Symbol.variable("x", .f32, [5])
        let values = HostArray(.f32, [5], [1, .nan, .infinity, -.infinity, -0.0])
        let found = try GraphEvaluator([x.isNaN(), x.isInfinite(), x.isFinite()])([(x, values)])
        #expect(
            found.map(\.integers) == [[0, 1, 0, 0, 0], [0, 0, 1, 1, 0], [1, 0, 0, 0, 1]])
    }

    /// Integers and truth values are numbers, all of them finite; 16-bit floats need not be.
    @Test(arguments: DType.allCases) func everyDtypeKnowsItsKinds(_ dtype: DType) throws {
        let x = Symbol.variable("x", dtype, [3])
        let special: [Double] = dtype.isFloating ? [1, .nan, -.infinity] : [1, 0, 1]
        let found = try GraphEvaluator([x.isNaN(), x.isInfinite(), x.isFinite()])([
            (x, HostArray(dtype, [3], special))
        ])
        #expect(
            found.map(\.integers)
                == (dtype.isFloating
                    ? [[0, 1, 0], [0, 0, 1], [1, 0, 0]] : [[0, 0, 0], [0, 0, 0], [1, 1, 1]]))
    }
}
