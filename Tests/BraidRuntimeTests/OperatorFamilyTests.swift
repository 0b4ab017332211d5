import Braid
import Testing

/// Families of operators through the engine: recorded, hybridized, random.
struct OperatorFamilyTests {
    private let x = NDArray([3, -1, 2, 0.5, -2, 4, 1, -3, 0.25] as [Double], shape: [3, 3])

    private static let functions: [(String, @Sendable (NDArray) -> NDArray)] = [
        ("pad", { $0.padded(by: [(1, 0), (2, 2)], mode: .reflect).rolled(by: 2, axis: 1) }),
        ("repeat", { $0.tiled([2, 1]).repeated(2, axis: 1).flipped(0).square() }),
        ("split", { stacked($0.split(into: [1, 2], axis: 1).map { $0.sum(over: 1).tanh() }) }),
        ("sort", { $0.sorted(axis: 1) * $0.argsorted(axis: 0).cast(to: .f64) }),
        (
            "topK",
            { x in
                let (values, indices) = x.topK(2)
                return values * indices.cast(to: .f64) + x.cumulativeProduct(axis: 0)[0..., ..<2]
            }
        ),
        ("scatter", { $0.scatterAdded($0.exp(), at: $0.argsorted(), alongAxis: 0) }),
        ("statistics", { $0.standardDeviation(over: 0, correction: 1) + $0.logSumExp(over: 1) }),
        ("activations", { $0.mish() + $0.elu() - $0.hardSwish() * logAddExp($0, $0.sinh()) }),
        (
            "qr",
            { x in
                let (q, r) = (x + .eye(3, dtype: .f64) * 5).qr()
                return q.tanh().matmul(r.square())
            }
        ),
        (
            "cholesky",
            { x in
                let l = (x.matmul(x.matrixTransposed()) + .eye(3, dtype: .f64)).cholesky()
                return triangularSolve(l, x, lower: true) + solve(x, l) * l.determinant()
            }
        ),
    ]

    @Test(arguments: functions.indices) func hybridizedBitsAreTheSame(_ index: Int) throws {
        let (name, function) = Self.functions[index]
        let fast = hybridize(function)
        let values = [function(x), fast(x), fast(x)].map { $0 }
        let slopes = [
            gradient(at: x) { function($0).sin().sum() }, gradient(at: x) { fast($0).sin().sum() },
        ]
        for same in [values, slopes] {
            let bits = try same.map { try $0.scalars(as: Double.self).map(\.bitPattern) }
            #expect(bits.allSatisfy { $0 == bits[0] }, "\(name)")
        }
        #expect(try slopes[0].scalars(as: Double.self).contains { $0 != 0 }, "\(name)")
    }

    @Test func randomFunctionsFollowTheSeed() throws {
        let draw: @Sendable (NDArray) -> NDArray = { logits in
            let numbers =
                NDArray.truncatedNormal([4], dtype: .f64)
                + NDArray.integers([4], in: 0..<100).cast(to: .f64)
            return concatenated([
                numbers, NDArray.permutation(5).cast(to: .f64),
                NDArray.categorical(logits: logits, count: 3).cast(to: .f64).reshaped(to: [9]),
                logits.shuffled(axis: 1).reshaped(to: [9]),
            ])
        }
        let fast = hybridize(draw)
        func drawn(_ function: (NDArray) -> NDArray) throws -> [[Double]] {
            RandomSource.seed(7)
            return try (0..<2).map { _ in try function(x).scalars(as: Double.self) }
        }
        let plain = try drawn(draw)
        #expect(plain[0] != plain[1])
        #expect(try drawn(draw) == plain)
        #expect(try drawn { fast($0) } == plain)
    }
}
