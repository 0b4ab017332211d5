import BraidCore
import BraidGraph
import BraidOperators
import BraidTestSupport
import Foundation
import Testing

/// Random functions that are made of uniform numbers.
@Suite(.printsSeed) struct SamplingTests {
    /// A key of the generator's for each draw that a symbol depends on.
    private func keys(
        of symbol: Symbol, _ generator: inout SeededGenerator
    ) -> [(Symbol, HostArray)] {
        TopologicalOrder(of: [symbol]).nodes.compactMap { node in
            guard case .randomKey = node.kind else { return nil }
            let words = [generator.next(), generator.next() >> 20].map {
                HostElement.integer(Int128(Int64(bitPattern: $0)))
            }
            return (Symbol(node), HostArray(TensorType(.i64, [2]), words))
        }
    }

    /// The values of a random function.
    private func draw(_ symbol: Symbol, _ generator: inout SeededGenerator) throws -> HostArray {
        try GraphEvaluator([symbol])(keys(of: symbol, &generator), .observed(seed: 1))[0]
    }

    @Test func truncatedNormal() {
        Seeds.repeated(1) { generator in
            for dtype in DType.computedFloating {
                let x = Symbol.truncatedNormal(
                    [20_000], mean: 1, standardDeviation: 2, from: 0, to: 4, dtype: dtype)
                let values = try draw(x, &generator).reals
                #expect(values.allSatisfy { (0...4).contains($0) })
                // Against the distribution function, by Kolmogorov and Smirnov: 1.95 / √n is passed by
                // one run in a thousand, 3 / √n by none.
                func cumulative(_ x: Double) -> Double { erf((x - 1) / 2 / 2.squareRoot()) }
                let (low, high) = (cumulative(0), cumulative(4))
                let worst = values.sorted().enumerated().map { place, value in
                    abs((cumulative(value) - low) / (high - low) - Double(place) / 20_000)
                }.max()!
                #expect(worst < 3 / 20_000.squareRoot())
            }
        }
    }

    /// A stream of its own for every draw, also behind those that the counter has room for.
    @Test func drawsDoNotRepeat() {
        func draws(after count: UInt64) -> [[Int64]] {
            RandomSource.withSource(key: 5, after: count) {
                (0..<3).map { _ in
                    let draw = RandomSource.draw()
                    return [draw.key, draw.offset]
                }
            }
        }
        let first = draws(after: 0)
        #expect(first == [[5, 1 << 40], [5, 2 << 40], [5, 3 << 40]])
        let all = [0, (1 << 24) - 1, 1 << 25, 1 << 40].flatMap { draws(after: $0) }
        #expect(Set(all).count == all.count)
        #expect(draws(after: (1 << 24) - 1)[0] == [5, 0])
        #expect(draws(after: 1 << 24) == draws(after: 1 << 24))
    }

    @Test func integers() {
        Seeds.repeated(1) { generator in
            let x = Symbol.integers([6000], in: -2..<4, dtype: .i8)
            let counts = Dictionary(grouping: try draw(x, &generator).integers, by: { $0 })
                .mapValues(\.count)
            #expect(counts.keys.sorted() == [-2, -1, 0, 1, 2, 3])
            #expect(counts.values.allSatisfy { abs($0 - 1000) < 150 })  // five deviations
            let wide = Symbol.integers([100], in: -(1 << 52)..<(1 << 52))
            #expect(try draw(wide, &generator).integers.allSatisfy { $0.magnitude <= 1 << 52 })
        }
    }

    @Test func permutation() {
        Seeds.repeated(3) { generator in
            let order = try draw(.permutation(100), &generator).integers
            #expect(order.sorted() == (0..<100).map { Int128($0) })
            #expect(order != order.sorted())
            let x = Symbol.range(count: 12, dtype: .i32).reshaped(to: [4, 3])
            let shuffled = try draw(x.shuffled(), &generator).integers
            let rows = (0..<4).map { Array(shuffled[($0 * 3)..<($0 * 3 + 3)]) }
            #expect(rows.allSatisfy { $0[1] == $0[0] + 1 && $0[2] == $0[0] + 2 })
            #expect(Set(rows.map { $0[0] }) == [0, 3, 6, 9])
        }
    }

    /// Every one of the six orders of three comes up about as often.
    @Test func ordersAreAlike() {
        Seeds.repeated(1) { generator in
            var counts: [[Int128]: Int] = [:]
            for _ in 0..<1200 {
                counts[try draw(.permutation(3), &generator).integers, default: 0] += 1
            }
            #expect(counts.count == 6 && counts.values.allSatisfy { abs($0 - 200) < 70 })
        }
    }

    @Test func categorical() {
        Seeds.repeated(1) { generator in
            let odds = [1.0, 0, 3, 6]
            let logits = Symbol.variable("logits", .f32, [2, 4])
            let draws = Symbol.categorical(logits: logits, count: 10_000)
            let values = HostArray(.f32, [2, 4], odds.map(log) + [0, 0, 0, 50])
            let bindings = [(logits, values)] + keys(of: draws, &generator)
            let found = try GraphEvaluator([draws])(bindings)[0]
            #expect(found.type == TensorType(.i64, [2, 10_000]))
            for (place, odd) in odds.enumerated() {
                let count = found.integers[..<10_000].count { $0 == Int128(place) }
                #expect(abs(Double(count) - odd * 1000) < 250)
            }
            #expect(found.integers[10_000...].allSatisfy { $0 == 3 })
            #expect(Symbol.categorical(logits: logits).type == TensorType(.i64, [2]))

            // By probabilities, which a softmax gives, and by weights.
            let weighted = Symbol.categorical(probabilities: logits, count: 10_000)
            let weights = HostArray(.f32, [2, 4], odds + odds.map { $0 / 10 })
            let others = try GraphEvaluator([weighted])(
                [(logits, weights)] + keys(of: weighted, &generator))[0]
            for row in [others.integers[..<10_000], others.integers[10_000...]] {
                for (place, odd) in odds.enumerated() {
                    #expect(abs(Double(row.count { $0 == Int128(place) }) - odd * 1000) < 250)
                }
            }
        }
    }
}
