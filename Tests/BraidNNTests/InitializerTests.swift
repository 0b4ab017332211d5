import Braid
import Foundation
import Testing

@Suite(.serialized) struct InitializerTests {
    private func values(_ initializer: Initializer, _ shape: Shape) throws -> [Double] {
        RandomSource.seed(12)
        return try Parameter(shape, dtype: .f64, initializer: initializer)
            .wrappedValue.scalars(as: Double.self)
    }

    private func moments(_ values: [Double]) -> (mean: Double, deviation: Double) {
        let mean = values.reduce(0, +) / Double(values.count)
        let square = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (mean, (square / Double(values.count)).squareRoot())
    }

    /// Fans of 100 · 2 · 2 and 40 · 2 · 2.
    @Test func fansAndDistributions() throws {
        let rows: [(Initializer, deviation: Double, bound: Double?)] = [
            (.xavier, (2.0 / 560).squareRoot(), (6.0 / 560).squareRoot()),
            (.xavier(.normal, magnitude: 1), (2.0 / 560).squareRoot(), nil),
            (.xavier(.uniform, fan: .input), (1.0 / 400).squareRoot(), (3.0 / 400).squareRoot()),
            (.xavier(.normal, fan: .output, magnitude: 2), (2.0 / 160).squareRoot(), nil),
            (.he, (2.0 / 400).squareRoot(), nil),
            (.he(slope: 0.5, fan: .average), (2 / 1.25 / 280).squareRoot(), nil),
            (.uniform(from: -1, to: 1), (1.0 / 3).squareRoot(), 1),
            (.normal(standardDeviation: 0.2), 0.2, nil),
            // Of a standard normal between -2 and 2.
            (.truncatedNormal(standardDeviation: 0.5), 0.5 * 0.8796, 1),
        ]
        for (initializer, deviation, bound) in rows {
            let values = try values(initializer, [40, 100, 2, 2])
            let found = moments(values)
            #expect(abs(found.mean) < 0.03 * deviation, "\(initializer)")
            #expect(abs(found.deviation / deviation - 1) < 0.02, "\(initializer)")
            let largest = values.map(abs).max()!
            if let bound {
                #expect(largest <= bound && largest > 0.99 * bound, "\(initializer)")
            } else {
                #expect(largest > 3 * deviation, "\(initializer)")
            }
        }
        let shifted = try values(
            .truncatedNormal(mean: 3, standardDeviation: 0.5, from: 0, to: 1), [1000])
        #expect(shifted.allSatisfy { (3...3.5).contains($0) })
    }

    @Test func orthogonalRowsOrColumns() throws {
        for shape in [[6, 4], [4, 6], [3, 2, 2, 2], [5, 5], [1, 3]] as [Shape] {
            RandomSource.seed(7)
            let weight = Parameter(shape, dtype: .f64, initializer: .orthogonal(gain: 2))
                .wrappedValue
            let matrix = weight.flattened(from: 1)
            let (rows, columns) = (matrix.shape[0], matrix.shape[1])
            let product =
                rows < columns
                ? matrix.matmul(matrix.transposed()) : matrix.transposed().matmul(matrix)
            let expected = NDArray.eye(min(rows, columns), dtype: .f64) * 4
            #expect(try difference(product, expected) == nil)
        }
        // Uniform among all rotations and reflections: both determinants occur.
        RandomSource.seed(7)
        let signs = try (0..<20).map { _ in
            try Parameter([3, 3], dtype: .f64, initializer: .orthogonal()).wrappedValue
                .determinant().scalar(as: Double.self).rounded()
        }
        #expect(Set(signs) == [1, -1])
        #expect(Parameter([2, 2], initializer: .orthogonal()).wrappedValue.dtype == .f32)
    }

    @Test func kernelsThatInterpolate() throws {
        #expect(try values(.bilinear, [1, 1, 4]) == [0.25, 0.75, 0.75, 0.25])
        #expect(
            try values(.bilinear, [2, 1, 3, 2]) == [
                0.25, 0.25, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.5, 0.5, 0.25, 0.25,
            ])
        // Enlarging a constant image keeps it, but for the edges.
        let layer = ConvTranspose2D(
            1, kernel: 4, stride: 2, padding: 1, usesBias: false, initializer: .bilinear)
        let image = layer(.full([1, 1, 3, 3], 5))
        #expect(try image[0, 0, 1..<5, 1..<5].scalars(as: Float.self).allSatisfy { $0 == 5 })
    }

    @Test func gatesThatForgetLittle() throws {
        #expect(try values(.lstmBias(), [8]) == [0, 0, 1, 1, 0, 0, 0, 0])
        #expect(try values(.lstmBias(forget: 2), [4]) == [0, 2, 0, 0])
        #expect(!Parameter([8], initializer: .lstmBias()).startsRandom)
    }

    @Test func keysAreEachParametersOwn() throws {
        for initializer in [
            Initializer.truncatedNormal(), .orthogonal(), .xavier(.normal), .he,
        ] {
            func pair(reversed: Bool) throws -> [[Float]] {
                RandomSource.seed(3)
                let parameters = (0..<2).map { _ in Parameter([4, 4], initializer: initializer) }
                for parameter in reversed ? parameters.reversed() : parameters {
                    try parameter.wrappedValue.waitUntilReady()
                }
                return try parameters.map { try $0.wrappedValue.scalars(as: Float.self) }
            }
            let first = try pair(reversed: false)
            #expect(try pair(reversed: true) == first)
            #expect(first[0] != first[1])
        }
    }

    @Test func layersTakeInitializers() throws {
        let network = Sequential {
            Conv2D(2, kernel: 1, inputs: 2, initializer: .orthogonal())
            Dense(2, inputs: 2, initializer: .constant(3))
        }
        #expect(try network.parameters["1.weight"]!.wrappedValue.scalar(at: 0) == 3)
        network.parameters.matching("*.bias").initialize(.ones)
        network.initialize(.constant(2))
        #expect(try network.parameters["0.weight"]!.wrappedValue.scalar(at: 0) == 2)
        #expect(try network.parameters["0.bias"]!.wrappedValue.scalar(at: 0) == 1)
    }
}

extension NDArray {
    fileprivate func scalar(at index: Int) throws -> Float { try scalars(as: Float.self)[index] }
}
