import BraidCore
import BraidOperators
import BraidTestSupport
import Testing

/// Sorted elements and the largest ones.
@Suite(.printsSeed) struct SortingFunctionTests {
    /// A row that orders the middle axis of `[2, 6, 3]` and takes the first few elements.
    private static func ordering(
        _ description: String, isDescending: Bool, count: Int,
        _ function: @escaping @Sendable (Symbol) -> Symbol
    ) -> FunctionRow {
        FunctionRow(
            description: description, dtypes: DType.allCases,
            operands: { dtype, size, generator in
                [generator.distinctArray(dtype, [2, 6, 3], size)]
            },
            function: { function($0[0]) },
            reference: { values in
                let x = values[0]
                return HostArray(TensorType(x.dtype, [2, count, 3])) { index in
                    let line = (0..<6).map { x[[index[0], $0, index[2]]] }
                    return line[line.order(isDescending: isDescending)[index[1]]]
                }
            })
    }

    static let rows: [FunctionRow] = [
        ordering("sorted", isDescending: false, count: 6) { $0.sorted(axis: 1) },
        ordering("sorted downward", isDescending: true, count: 6) {
            $0.sorted(axis: -2, descending: true)
        },
        ordering("largest", isDescending: true, count: 2) { $0.topK(2, axis: 1).values },
        ordering("smallest", isDescending: false, count: 3) {
            $0.topK(3, axis: 1, largest: false).values
        },
    ]

    @Test(arguments: rows) func valuesAndDerivatives(_ row: FunctionRow) { row.check() }

    @Test func tiesAndSpecialNumbers() throws {
        let x = HostArray(.f32, [7], [0, .nan, -0.0, .infinity, -1, .nan, -.infinity])
        let symbol = Symbol.variable("x", .f32, [7])
        let found = try GraphEvaluator([
            symbol.argsorted(), symbol.argsorted(descending: true), symbol.topK(3).indices,
        ])([(symbol, x)])
        #expect(
            found.map(\.integers) == [
                [6, 4, 0, 2, 3, 1, 5], [1, 5, 3, 0, 2, 4, 6], [1, 5, 3],
            ])
    }

    @Test func sumsAndProducts() throws {
        let x = Symbol.range(from: 1, count: 4, dtype: .i32)
        let found = try GraphEvaluator([
            x.cumulativeSum(), x.cumulativeSum(exclusive: true), x.cumulativeSum(reversed: true),
            x.cumulativeProduct(), x.cumulativeProduct(exclusive: true, reversed: true),
        ])([])
        #expect(
            found.map(\.integers) == [
                [1, 3, 6, 10], [0, 1, 3, 6], [10, 9, 7, 4], [1, 2, 6, 24], [24, 12, 4, 1],
            ])
    }

    /// Sums of many small numbers do not lose them against a large one.
    @Test func longSumsKeepTheirDigits() throws {
        let ones = Symbol.ones([20_000_000 / 16, 16])
        let last = ones.reshaped(to: [20_000_000]).cumulativeSum()[19_999_999]
        #expect(try GraphEvaluator([last])([])[0].reals == [20_000_000])
    }

    @Test func recurrence() throws {
        let found = try GraphEvaluator([
            linearRecurrence(Symbol.full([4], 2), .ones([4])),
            linearRecurrence(Symbol.full([4], 2), .ones([4]), reversed: true),
            linearRecurrence(Symbol.full([2], .nan), .ones([2])),
        ])([])
        #expect(found[0].reals == [1, 3, 7, 15])
        #expect(found[1].reals == [15, 7, 3, 1])
        #expect(found[2].reals[0] == 1 && found[2].reals[1].isNaN)
    }
}
