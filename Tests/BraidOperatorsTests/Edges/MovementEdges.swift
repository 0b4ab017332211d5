import BraidCore
import BraidOperators

extension EdgeRow {
    /// Operators that move elements: infinities and NaN stay where they are, and so do cotangents.
    static let movements: [EdgeRow] = {
        let (inf, nan) = (Double.infinity, Double.nan)
        /// A row of one operand, whose elements have the slopes given.
        func row(
            _ description: String, _ x: [Double], shape: Shape? = nil, _ value: [Double],
            _ slope: [Double], _ function: @escaping @Sendable (Symbol) -> Symbol
        ) -> EdgeRow {
            EdgeRow(
                description, x, shape, value: value, slope: slope, curvature: x.map { _ in 0 },
                function)
        }
        let pair = [inf, nan]
        let square = [inf, nan, 0, 1]
        let ones = [1.0, 1, 1, 1]
        return [
            row("copy", pair, pair, [1, 1]) { $0.copied() },
            row("cast", pair, pair, [1, 1]) {
                $0.cast(to: $0.dtype == .f32 ? .f64 : .f32).cast(to: $0.dtype)
            },
            row("reshape", square, shape: [2, 2], square, ones) { $0.flattened() },
            row("transpose", square, shape: [2, 2], [inf, 0, nan, 1], ones) { $0.transposed() },
            row("broadcast", pair, [inf, nan, inf, nan], [2, 2]) { $0.broadcast(to: [2, 2]) },
            row("concatenate", pair, [inf, nan, inf, nan], [2, 2]) { concatenated([$0, $0]) },
            row("flip", pair, [nan, inf], [1, 1]) { $0.flipped(0) },
            row("strided slice", square, [nan, 1], [0, 1, 0, 1]) { $0[everySecond] },
            row("strided slice of nothing", pair, [], [0, 0]) { $0[0..<0] },
            row("padding", [inf], [0, inf, 0], [1]) { $0.padded(by: [(1, 1)]) },
            row("fill where", pair, [inf, 7], [1, 0]) { $0.filled(with: 7, where: $0.isNaN()) },
            row("topK", [nan, 1, inf], [nan, inf], [1, 0, 1]) { $0.topK(2).values },
            row("sorted ties", [1, 1, 0], [0, 1, 1], [1, 1, 1]) { $0.sorted() },
            row("range check", pair, pair, [1, 1]) {
                $0.inRange(0...(.infinity), of: "number", in: "edges", allowsNaN: true)
            },
            row("stop gradient", pair, [inf, nan], [0, 0]) { .apply(StopGradient(), $0) },
            EdgeRow(
                "select", [.init([1, 0], dtype: .bool), .init([1, inf]), .init([nan, 2])],
                value: [1, 2], slopes: [[1, 0], [0, 1]], curvatures: [[0, 0], [0, 0]]
            ) { select($0[0], $0[1], $0[2]) },
            EdgeRow(
                "gather", [.init([inf, nan, 3]), .init([2, 2, 0], dtype: .i64)],
                value: [3, 3, inf], slopes: [[1, 0, 2]], curvatures: [[0, 0, 0]]
            ) { $0[0].gathered(at: $0[1]) },
            // The slope of a square makes a gather of what was scattered.
            EdgeRow(
                "squares of gathered elements", [.init([0, 3]), .init([1, 1, 0], dtype: .i64)],
                value: [9, 9, 0], slopes: [[0, 12]], curvatures: [[2, 4]]
            ) { $0[0].gathered(at: $0[1]).square() },
            EdgeRow(
                "take along an axis",
                [.init([inf, 3], [1, 2]), .init([1, 1], [1, 2], dtype: .i64)],
                value: [3, 3], slopes: [[0, 2]], curvatures: [[0, 0]]
            ) { $0[0].taken(at: $0[1], alongAxis: 1) },
            EdgeRow(
                "scatter along an axis",
                [
                    .init([inf, 3], [1, 2]), .init([nan], [1, 1]), .init([1], [1, 1], dtype: .i64),
                ], value: [inf, nan], slopes: [[1, 0], [1]], curvatures: [[0, 0], [0]]
            ) { $0[0].scattered($0[1], at: $0[2], alongAxis: 1) },
            EdgeRow(
                "scatter-add along an axis",
                [
                    .init([inf, 3], [1, 2]), .init([4], [1, 1]), .init([1], [1, 1], dtype: .i64),
                ], value: [inf, 7], slopes: [[1, 1], [1]], curvatures: [[0, 0], [0]]
            ) { $0[0].scatterAdded($0[1], at: $0[2], alongAxis: 1) },
            EdgeRow(
                "update of a slice", [.init([inf, 3, 1]), .init([nan])], value: [inf, nan, 1],
                slopes: [[1, 0, 1], [1]], curvatures: [[0, 0, 0], [0]]
            ) {
                let part = StridedSlice.Axis(start: 1, count: 1, step: 1, isDropped: false)
                return .apply(StridedSliceUpdate(StridedSlice(axes: [part])), $0[0], $0[1])
            },
        ]
    }()

    /// Every second element, from the second on.
    private static let everySecond = (1...).by(2)
}
