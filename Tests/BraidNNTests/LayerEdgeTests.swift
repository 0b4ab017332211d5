import Braid
import BraidTestSupport
import Foundation
import Testing

/// Every layer at equal elements, among them zeros of both signs: what it gives, its first and its second
/// derivatives are numbers; NaN goes through; of no samples it makes none.
struct LayerEdgeTests {
    /// The result, and both derivatives of the sum of its squares.
    private func derivatives(
        of block: any Block<NDArray, NDArray>, at x: NDArray, _ mode: Mode
    ) throws -> [[Float]] {
        func slope(_ x: NDArray) -> NDArray { gradient(at: x) { block.forward($0).square().sum() } }
        return try withMode(mode) {
            RandomSource.seed(3)
            let value = block.forward(x)
            let first = slope(x)
            let second = gradient(at: x) { (slope($0) * (x + 1)).sum() }
            return try [value, first, second].map { try $0.scalars(as: Float.self) }
        }
    }

    @Test(arguments: LayerSample.all) func equalElementsHaveSlopes(_ sample: LayerSample) throws {
        RandomSource.seed(11)
        let block = sample.make()
        for (shape, number) in zip(sample.shapes + sample.shapes, [0, -0.0, 1, 6] as [Double]) {
            let x = NDArray.full(shape, number)
            for mode in [Mode.train, .predict] {
                for (what, numbers) in zip(
                    ["value", "slope", "curvature"], try derivatives(of: block, at: x, mode))
                {
                    #expect(
                        numbers.allSatisfy { $0.isFinite },
                        "\(what) at \(number) in \(mode): \(numbers)")
                }
            }
        }
    }

    @Test(arguments: LayerSample.all) func notANumberGoesThrough(_ sample: LayerSample) throws {
        RandomSource.seed(12)
        let block = sample.make()
        let found = try block.forward(.full(sample.shapes[0], .nan)).scalars(as: Float.self)
        #expect(found.contains { $0.isNaN })
    }
}
