import BraidCore
import BraidOperators
import BraidTestSupport
import Foundation
import Testing

/// Reductions that are compositions.
@Suite(.printsSeed) struct StatisticsTests {
    /// A row that reduces the middle axis of `[2, 5, 3]` by a function of its five elements.
    private static func reducing(
        _ description: String, domain: Domain = Domain(specials: []),
        _ function: @escaping @Sendable (Symbol) -> Symbol,
        _ fold: @escaping @Sendable ([Double]) -> Double
    ) -> FunctionRow {
        FunctionRow(description, [[2, 5, 3]], domain: domain, reductionLength: 10) {
            function($0[0])
        } reference: { values in
            HostArray(TensorType(values[0].dtype, [2, 3])) { index in
                .real(fold((0..<5).map { values[0][[index[0], $0, index[1]]].real }))
            }
        }
    }

    private static func variance(_ x: [Double], _ correction: Double) -> Double {
        let mean = x.reduce(0, +) / Double(x.count)
        return x.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / (Double(x.count) - correction)
    }

    static let rows: [FunctionRow] = [
        reducing("variance") {
            $0.variance(over: 1)
        } _: {
            variance($0, 0)
        },
        reducing("variance of a sample") {
            $0.variance(over: -2, correction: 1)
        } _: {
            variance($0, 1)
        },
        reducing("standard deviation") {
            $0.standardDeviation(over: 1, correction: 1)
        } _: {
            variance($0, 1).squareRoot()
        },
        reducing("variance, keeping dimensions") {
            $0.variance(over: 1, keepingDimensions: true).squeezed(at: 1)
        } _: {
            variance($0, 0)
        },
        reducing("norm of order 1", domain: Domain(kinks: [0], specials: [])) {
            $0.norm(order: 1, over: 1)
        } _: {
            $0.map(abs).reduce(0, +)
        },
        reducing("norm of order 2") {
            $0.norm(over: 1)
        } _: {
            $0.map { $0 * $0 }.reduce(0, +).squareRoot()
        },
        reducing("norm of order 3", domain: Domain(kinks: [0], specials: [])) {
            $0.norm(order: 3, over: 1)
        } _: {
            cbrt($0.map { pow(abs($0), 3) }.reduce(0, +))
        },
        reducing("logarithm of a sum of exponentials") {
            $0.logSumExp(over: 1)
        } _: {
            log($0.map { exp($0) }.reduce(0, +))
        },
    ]

    @Test(arguments: rows) func valuesAndDerivatives(_ row: FunctionRow) { row.check() }

    private func value(_ symbol: Symbol) throws -> [Double] {
        try GraphEvaluator([symbol])([])[0].reals
    }

    @Test func edges() throws {
        let x = Symbol.range(from: -2, count: 4, dtype: .f64)  // -2, -1, 0, 1
        #expect(try value(x.norm(order: .infinity)) == [2])
        #expect(try value(x.variance()) == [1.25])
        #expect(try value(Symbol.ones([1]).variance(correction: 1))[0].isNaN)
        #expect(try value(Symbol.zeros([0]).variance())[0].isNaN)
        #expect(try value(Symbol.full([2], 1000).logSumExp()) == [Double(Float(1000 + log(2.0)))])
        #expect(try value(Symbol.full([3], -.infinity).logSumExp()) == [-.infinity])
        #expect(try value(Symbol.full([3], .infinity).logSumExp()) == [.infinity])
        // One pass over squares would lose all digits of this.
        let far = Symbol.range(from: 1e6, count: 3, dtype: .f32)
        #expect(abs(try value(far.variance())[0] - 2.0 / 3) < 1e-6)
        Mistake(["norm", "0.0"]) { x.norm(order: 0) }.check()
    }
}
