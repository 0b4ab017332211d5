import BraidCore
import BraidOperators
import BraidTestSupport
import Testing

/// Padding, repetition, moving, cutting and joining.
@Suite(.printsSeed) struct ShapeFunctionTests {
    private static let shape: Shape = [2, 3, 4]

    /// A row whose result takes each element from some place of its operand; nil for the filler.
    private static func moving(
        _ description: String, _ from: Shape = shape, to shape: Shape, filler: Double = 0,
        _ function: @escaping @Sendable (Symbol) -> Symbol,
        _ source: @escaping @Sendable ([Int]) -> [Int]?
    ) -> FunctionRow {
        FunctionRow(
            description, [from], dtypes: DType.allCases, domain: Domain(),
            reductionLength: shape.elementCount
        ) {
            function($0[0])
        } reference: { values in
            HostArray(TensorType(values[0].dtype, shape)) { index in
                if let place = source(index) { return values[0][place] }
                return values[0].dtype.isFloating ? .real(filler) : .integer(Int128(filler))
            }
        }
    }

    static let rows: [FunctionRow] = [
        moving("padded with zeros", to: [2, 6, 4]) {
            $0.padded(by: [(0, 0), (1, 2), (0, 0)])
        } _: { index in
            (1...3).contains(index[1]) ? [index[0], index[1] - 1, index[2]] : nil
        },
        moving("padded with ones", to: [3, 3, 6], filler: 1) {
            $0.padded(by: [(1, 0), (0, 0), (1, 1)], mode: .constant(1))
        } _: { index in
            index[0] > 0 && (1...4).contains(index[2])
                ? [index[0] - 1, index[1], index[2] - 1] : nil
        },
        moving("padded by edges", to: [2, 3, 9]) {
            $0.padded(by: [(0, 0), (0, 0), (2, 3)], mode: .edge)
        } _: {
            [$0[0], $0[1], min(max($0[2] - 2, 0), 3)]
        },
        moving("padded by reflection", to: [2, 7, 4]) {
            $0.padded(by: [(0, 0), (2, 2), (0, 0)], mode: .reflect)
        } _: {
            [$0[0], [2, 1, 0, 1, 2, 1, 0][$0[1]], $0[2]]
        },
        moving("padded by wrapping", to: [2, 3, 11]) {
            $0.padded(by: [(0, 0), (0, 0), (5, 2)], mode: .wrap)
        } _: {
            [$0[0], $0[1], ($0[2] + 3) % 4]
        },
        moving("tiled", to: [4, 3, 12]) {
            $0.tiled([2, 1, 3])
        } _: {
            [$0[0] % 2, $0[1], $0[2] % 4]
        },
        moving("repeated", to: [2, 9, 4]) {
            $0.repeated(3, axis: -2)
        } _: {
            [$0[0], $0[1] / 3, $0[2]]
        },
        moving("flipped", to: shape) {
            $0.flipped()
        } _: {
            [1 - $0[0], 2 - $0[1], 3 - $0[2]]
        },
        moving("rolled forward", to: shape) {
            $0.rolled(by: 5, axis: 2)
        } _: {
            [$0[0], $0[1], ($0[2] + 3) % 4]
        },
        moving("rolled backward", to: shape) {
            $0.rolled(by: -1, axis: 1)
        } _: {
            [$0[0], ($0[1] + 1) % 3, $0[2]]
        },
        moving("split, joined in another order", to: shape) {
            let parts = $0.split(into: [1, 0, 2], axis: 1)
            return concatenated([parts[2], parts[1], parts[0]], axis: 1)
        } _: {
            [$0[0], ($0[1] + 1) % 3, $0[2]]
        },
        moving("split into equal parts", to: [2, 3, 2]) {
            $0.split(count: 2, axis: -1)[1]
        } _: {
            [$0[0], $0[1], $0[2] + 2]
        },
        moving("stacked", to: [3, 2, 4]) {
            stacked($0.unstacked(axis: 1), axis: 0)
        } _: {
            [$0[1], $0[0], $0[2]]
        },
        moving("stacked last", to: [2, 4, 3]) {
            stacked($0.unstacked(axis: 1), axis: -1)
        } _: {
            [$0[0], $0[2], $0[1]]
        },
        moving("lower triangle", to: shape) {
            $0.lowerTriangle()
        } _: {
            $0[2] <= $0[1] ? $0 : nil
        },
        moving("upper triangle above the diagonal", to: shape) {
            $0.upperTriangle(diagonal: 1)
        } _: {
            $0[2] >= $0[1] + 1 ? $0 : nil
        },
        moving("diagonal", to: [2, 3]) {
            $0.diagonal()
        } _: {
            [$0[0], $0[1], $0[1]]
        },
        moving("diagonal of a tall matrix", [4, 2], to: [2]) {
            $0.diagonal()
        } _: {
            [$0[0], $0[0]]
        },
        moving("matrix transposed", to: [2, 4, 3]) {
            $0.matrixTransposed()
        } _: {
            [$0[0], $0[2], $0[1]]
        },
    ]

    @Test(arguments: rows) func valuesAndDerivatives(_ row: FunctionRow) { row.check() }

    @Test func emptyArrays() {
        let empty = Symbol.zeros([0, 3])
        #expect(empty.flipped().shape == [0, 3])
        #expect(empty.rolled(by: 2, axis: 0).shape == [0, 3])
        #expect(empty.tiled([2, 2]).shape == [0, 6])
        #expect(empty.repeated(0, axis: 1).shape == [0, 0])
        #expect(empty.padded(by: [(1, 1), (0, 0)]).shape == [2, 3])
        #expect(empty.unstacked().isEmpty)
        #expect(empty.split(count: 3, axis: 0).map(\.shape) == [[0, 3], [0, 3], [0, 3]])
        #expect(empty.diagonal().shape == [0])
    }

    @Test func mistakesAreNamed() {
        let x = Symbol.zeros([2, 3])
        let mistakes = [
            Mistake(["padded", "[2, 3]"]) { x.padded(by: [(1, 1)]) },
            Mistake(["padded", "-1"]) { x.padded(by: [(0, -1), (0, 0)]) },
            Mistake(["padded", "axis 1", "reflect"]) {
                x.padded(by: [(0, 0), (3, 0)], mode: .reflect)
            },
            Mistake(["padded", "axis 0", "[0]"]) {
                Symbol.zeros([0]).padded(by: [(1, 0)], mode: .edge)
            },
            Mistake(["tiled", "[2, 3]", "[2]"]) { x.tiled([2]) },
            Mistake(["tiled", "too many"]) { x.tiled([1, 1 << 40]) },
            Mistake(["repeated", "-1"]) { x.repeated(-1, axis: 0) },
            Mistake(["repeated", "axis 2"]) { x.repeated(2, axis: 2) },
            Mistake(["rolled", "axis -3"]) { x.rolled(by: 1, axis: -3) },
            Mistake(["split", "axis 0", "[1, 2]"]) { x.split(into: [1, 2])[0] },
            Mistake(["split", "2"]) { x.split(count: 2, axis: 1)[0] },
            Mistake(["unstacked", "axis 5"]) { x.unstacked(axis: 5).first ?? x },
            Mistake(["stacked", "at least one"]) { stacked([Symbol]()) },
            Mistake(["lowerTriangle", "[3]"]) { Symbol.zeros([3]).lowerTriangle() },
            Mistake(["diagonal", "[3]"]) { Symbol.zeros([3]).diagonal() },
            Mistake(["swappingAxes", "2"]) { x.swappingAxes(0, 2) },
        ]
        for mistake in mistakes { mistake.check() }
    }
}
