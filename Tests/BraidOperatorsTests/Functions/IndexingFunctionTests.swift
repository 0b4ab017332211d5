import BraidCore
import BraidGraph
import BraidOperators
import BraidTestSupport
import Testing

/// Taking, scattering, choosing.
@Suite(.printsSeed) struct IndexingFunctionTests {
    /// Operands: an array and indices of it.
    private static func indexed(
        _ shape: Shape, _ indices: HostArray
    ) -> @Sendable (DType, CaseSize, inout SeededGenerator) -> [HostArray] {
        { dtype, size, generator in
            [generator.array(dtype, shape, Domain(specials: []), size), indices]
        }
    }

    static let rows: [FunctionRow] = [
        FunctionRow(
            description: "gathered at points",
            dtypes: DType.allCases,
            operands: indexed(
                [3, 4, 2], HostArray(.i32, [2, 2, 2], [0, 0, 2, 3, 1, -1, 9, 2])),
            function: { $0[0].gathered(atPoints: $0[1], mode: .clipping) },
            reference: { values in
                let points = [[0, 0], [2, 3], [1, 0], [2, 2]]
                return HostArray(TensorType(values[0].dtype, [2, 2, 2])) { index in
                    values[0][points[index[0] * 2 + index[1]] + [index[2]]]
                }
            }),
        FunctionRow(
            description: "gathered at points of all axes",
            operands: indexed([3, 4], HostArray(.i64, [3, 2], [0, 0, 2, 3, 2, 3])),
            function: { $0[0].gathered(atPoints: $0[1]) },
            reference: { values in
                HostArray(TensorType(values[0].dtype, [3])) {
                    values[0][[[0, 0], [2, 3], [2, 3]][$0[0]]]
                }
            }),
        FunctionRow(
            description: "scatter added",
            operands: { dtype, size, generator in
                [
                    generator.array(dtype, [2, 3], Domain(specials: []), size),
                    generator.array(dtype, [2, 4], Domain(specials: []), size),
                    HostArray(.i64, [2, 4], [0, 2, 0, 1, 1, 1, 1, 0]),
                ]
            },
            function: { $0[0].scatterAdded($0[1], at: $0[2], alongAxis: 1) },
            reference: { values in
                var sums = values[0].reals
                for (position, place) in values[2].integers.enumerated() {
                    sums[position / 4 * 3 + Int(place)] += values[1].reals[position]
                }
                return HostArray(values[0].dtype, [2, 3], sums)
            }, reductionLength: 5),
        FunctionRow(
            description: "filled where",
            dtypes: DType.allCases,
            operands: { dtype, size, generator in
                [
                    generator.array(dtype, [2, 3], Domain(), size),
                    HostArray(.bool, [3], [1, 0, 1]),
                ]
            },
            function: { $0[0].filled(with: 1, where: $0[1]) },
            reference: { values in
                HostArray(values[0].type) { index in
                    if index[1] == 1 { return values[0][index] }
                    return values[0].dtype.isFloating ? .real(1) : .integer(1)
                }
            }),
        FunctionRow(
            "clamped", [[3, 4]], dtypes: DType.arithmetic,
            domain: Domain(kinks: [1, 2], specials: Domain.nonFinite)
        ) {
            $0[0].clamped(to: 1...2)
        } reference: { values in
            HostArray(values[0].type) { index in
                switch values[0][index] {
                case .real(let x): .real(x.isNaN ? x : min(max(x, 1), 2))
                case .integer(let x): .integer(min(max(x, 1), 2))
                }
            }
        },
    ]

    @Test(arguments: rows) func valuesAndDerivatives(_ row: FunctionRow) { row.check() }

    /// The last of several values for one place stays, and only that one has a gradient.
    @Test func replacedValuesHaveNoGradient() throws {
        let values = Symbol.variable("values", .f64, [3])
        let indices = Symbol.variable("indices", .i64, [3])
        let result = Symbol.zeros([2], dtype: .f64).scattered(values, at: indices, alongAxis: 0)
        let cotangent = Symbol.range(from: 3, count: 2, dtype: .f64)
        let gradient = gradients(of: [result], cotangents: [cotangent], at: [values])[0]
        let found = try GraphEvaluator([result, try #require(gradient)])([
            (values, HostArray(.f64, [3], [5, 6, 7])), (indices, HostArray(.i64, [3], [1, 0, 1])),
        ])
        #expect(found.map(\.reals) == [[6, 7], [0, 3, 4]])
    }

    @Test func mistakesAreNamed() {
        let x = Symbol.zeros([2, 3])
        let points = Symbol.zeros([4, 3], dtype: .i64)
        let mistakes = [
            Mistake(["gathered(atPoints:)", "i64[4, 3]", "[2, 3]"]) {
                x.gathered(atPoints: points)
            },
            Mistake(["gathered(atPoints:)", "f32[2, 3]"]) { x.gathered(atPoints: x) },
            Mistake(["select", "f32[2, 3]"]) { x.filled(with: 0, where: x) },
            Mistake(["minimum", "0.5", "i32"]) {
                Symbol.zeros([2], dtype: .i32).clamped(to: 0...0.5)
            },
        ]
        for mistake in mistakes { mistake.check() }
    }
}
