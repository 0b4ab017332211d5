import CBraidKernels
import Foundation
import Testing

/// Softmax and its logarithm over the middle axis.
@Suite struct SoftmaxTests {
    private func run<T: KernelFloat>(
        _ set: InstructionSet, _ kind: braid_softmax_kind, _ x: [T], outer: Int, length: Int,
        inner: Int, cut: Int = 0
    ) -> [T] {
        var y = [T](repeating: 9, count: x.count)
        let kernels = set.kernels
        for (begin, end) in [(0, cut), (cut, outer)] {
            kernels.softmax(
                kind, T.dtype, x, &y, Int64(outer), Int64(length), Int64(inner), Int64(begin),
                Int64(end))
        }
        return y
    }

    private func check<T: KernelFloat>(_: T.Type, _ set: InstructionSet) {
        var generator = SeededGenerator(40)
        for (outer, length, inner) in [
            (1, 1, 1), (3, 10, 1), (5, 16, 1), (2, 33, 1), (4, 1000, 1), (2, 7, 3), (3, 70, 65),
            (1, 500, 2), (0, 5, 1), (2, 0, 3), (2, 3, 0),
        ] {
            for scale in [1.0, 30, 1e4] {
                let x = (0..<(outer * length * inner)).map { _ in
                    T(Double.random(in: -scale...scale, using: &generator))
                }
                var exact = (softmax: x.map { _ in 0.0 }, logarithm: x.map { _ in 0.0 })
                for o in 0..<outer {
                    for i in 0..<inner {
                        let at = (0..<length).map { (o * length + $0) * inner + i }
                        let largest = at.map { Double(x[$0]) }.max() ?? 0
                        let sum = at.reduce(0.0) { $0 + exp(Double(x[$1]) - largest) }
                        for index in at {
                            exact.logarithm[index] = Double(x[index]) - largest - log(sum)
                            exact.softmax[index] = exp(Double(x[index]) - largest) / sum
                        }
                    }
                }
                let what = "\(set) \(T.self) [\(outer), \(length), \(inner)] to \(scale)"
                let softmax = run(set, BRAID_SOFTMAX, x, outer: outer, length: length, inner: inner)
                let logarithm = run(
                    set, BRAID_LOG_SOFTMAX, x, outer: outer, length: length, inner: inner)
                // The difference from the largest is rounded before the exponential.
                func relative(_ index: Int) -> Double {
                    Double(T.ulpOfOne) * (8 + exact.logarithm[index].magnitude)
                }
                expectNear(softmax, exact.softmax, what) {
                    exact.softmax[$0] * relative($0) + Double(T.leastNormalMagnitude)
                }
                expectNear(logarithm, exact.logarithm, "logarithm \(what)", within: relative)
                for kind in [BRAID_SOFTMAX, BRAID_LOG_SOFTMAX] {
                    expectSame(
                        run(
                            set, kind, x, outer: outer, length: length, inner: inner, cut: outer / 2
                        ),
                        kind == BRAID_SOFTMAX ? softmax : logarithm, "parts of \(what)")
                }
            }
        }
    }

    @Test(arguments: InstructionSet.available)
    func againstDoublePrecision(set: InstructionSet) {
        check(Float.self, set)
        check(Double.self, set)
    }

    @Test(arguments: InstructionSet.available)
    func extremeRows(set: InstructionSet) {
        for inner in [1, 3] {
            for length in [3, 20, 64] {
                // One finite element among -inf; then two huge ones; then -inf only; then NaN.
                var rows = [[Float]](
                    repeating: .init(repeating: -.infinity, count: length), count: 4)
                rows[0][1] = 5
                rows[1][0] = 3e38
                rows[1][2] = 3e38
                rows[3][0] = .nan
                var x = [Float](repeating: 0, count: 4 * length * inner)
                for (o, row) in rows.enumerated() {
                    for l in 0..<length {
                        for i in 0..<inner { x[(o * length + l) * inner + i] = row[l] }
                    }
                }
                func column(_ kind: braid_softmax_kind) -> [[Float]] {
                    let y = run(set, kind, x, outer: 4, length: length, inner: inner)
                    return (0..<4).map { o in
                        (0..<length).map { y[(o * length + $0) * inner + inner - 1] }
                    }
                }
                let softmax = column(BRAID_SOFTMAX), logarithm = column(BRAID_LOG_SOFTMAX)
                #expect(softmax[0] == (0..<length).map { $0 == 1 ? 1 : 0 })
                #expect(logarithm[0] == (0..<length).map { $0 == 1 ? 0 : -.infinity })
                #expect(softmax[1] == (0..<length).map { $0 == 0 || $0 == 2 ? 0.5 : 0 })
                #expect(softmax[2].allSatisfy { $0.isNaN } && logarithm[2].allSatisfy { $0.isNaN })
                #expect(softmax[3].allSatisfy { $0.isNaN } && logarithm[3].allSatisfy { $0.isNaN })
            }
        }
    }
}
