import Braid
import Testing

struct BlockTests {
    private struct Residual: Block {
        let inner: Dense
        let extras: [Dense]
        let maybe: Dense?
        @Parameter var scale: NDArray

        init(width: Int) {
            inner = Dense(width, inputs: width, activation: .relu)
            extras = [Dense(width), Dense(width, usesBias: false)]
            maybe = Dense(width)
            _scale = Parameter([width], initializer: .ones)
        }
        func forward(_ x: NDArray) -> NDArray {
            x + scale * extras.reduce(maybe!(inner(x))) { $1($0) }
        }
    }

    @Test func parametersHaveDottedNamesInOrder() {
        let network = Sequential {
            Dense(4, activation: .relu)
            for _ in 0..<2 { Residual(width: 4) }
            Dropout(0.5)
        }
        let names = network.parameters.map(\.name)
        let residual = [
            "inner.weight", "inner.bias", "extras.0.weight", "extras.0.bias", "extras.1.weight",
            "maybe.weight", "maybe.bias", "scale",
        ]
        #expect(
            names == ["0.weight", "0.bias"] + residual.map { "1.\($0)" }
                + residual.map { "2.\($0)" })
        #expect(network.parameters["1.scale"] != nil)
    }

    @Test func sharedParametersAppearOnce() {
        let layer = Dense(3)
        let network = Sequential {
            layer
            layer
        }
        #expect(network.parameters.count == 2)
    }

    @Test func layersLearnTheirInputWidth() throws {
        let layer = Dense(3)
        #expect(layer.$weight.shape == nil)
        _ = layer(.ones([2, 5]))
        #expect(layer.$weight.shape == [3, 5])
        let error = #expect(throws: ArrayError.self) { try validating { layer(.ones([2, 6])) } }
        #expect(error?.description.contains("[3, 5]") == true)
        #expect(error?.description.contains("[3, 6]") == true)
    }

    @Test func denseComputesItsFormula() throws {
        let layer = Dense(2, inputs: 3, dtype: .f64)
        layer.$weight.wrappedValue = NDArray([1, 2, 3, 4, 5, 6] as [Double], shape: [2, 3])
        layer.bias!.wrappedValue = NDArray([10, 20] as [Double])
        let y = layer(NDArray([1, 0, -1, 2, 1, 0] as [Double], shape: [2, 3]))
        #expect(try y.scalars(as: Double.self) == [8, 18, 14, 33])
    }

    @Test func dropoutDropsInTrainingOnly() throws {
        RandomSource.seed(5)
        let x = NDArray.ones([10_000])
        let layer = Dropout(0.25)
        #expect(try layer(x).scalars(as: Float.self).allSatisfy { $0 == 1 })
        let dropped = try withMode(.train) { layer(x) }.scalars(as: Float.self)
        let kept = dropped.filter { $0 != 0 }
        #expect(kept.allSatisfy { abs($0 - 4 / 3) < 1e-6 })
        #expect(abs(Double(kept.count) / 10_000 - 0.75) < 0.02)
        #expect(try Autograd.record { layer(x) }.scalars(as: Float.self).contains(0))
    }

    @Test func initialValuesDependOnTheSeedAndNotOnTheOrderOfUse() throws {
        func weights(reversed: Bool) throws -> [[Float]] {
            RandomSource.seed(11)
            let (a, b) = (Dense(4, inputs: 3), Dense(4, inputs: 3))
            for layer in reversed ? [b, a] : [a, b] { _ = layer(.ones([1, 3])) }
            return try [a, b].map { try $0.weight.scalars(as: Float.self) }
        }
        let first = try weights(reversed: false)
        #expect(try weights(reversed: true) == first)
        #expect(first[0] != first[1])
    }

    @Test func initializersHaveTheirMoments() throws {
        RandomSource.seed(2)
        func moments(_ initializer: Initializer) throws -> (mean: Double, deviation: Double) {
            let weight = Parameter([400, 100], dtype: .f64, initializer: initializer)
            let values = try weight.wrappedValue.scalars(as: Double.self)
            let mean = values.reduce(0, +) / Double(values.count)
            let square = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            return (mean, (square / Double(values.count)).squareRoot())
        }
        let he = try moments(.he)
        #expect(abs(he.mean) < 0.003 && abs(he.deviation - (2.0 / 100).squareRoot()) < 0.003)
        let xavier = try moments(.xavier)
        #expect(abs(xavier.deviation - (2.0 / 500).squareRoot()) < 0.002)
        let normal = try moments(.normal(mean: 3, standardDeviation: 0.5))
        #expect(abs(normal.mean - 3) < 0.01 && abs(normal.deviation - 0.5) < 0.01)
        #expect(try moments(.constant(7)) == (7, 0))
    }

    @Test func lenetHasTorchsShapes() {
        let network = Models.lenet(height: 28, width: 28)
        #expect(network(.zeros([2, 1, 28, 28])).shape == [2, 10])
        #expect(
            network.parameters.map { $0.parameter.shape } == [
                [20, 1, 5, 5], [20], [50, 20, 5, 5], [50], [500, 800], [500], [10, 500], [10],
            ])
        let small = Models.lenet(height: 8, width: 8)
        #expect(small(.zeros([2, 1, 8, 8])).shape == [2, 10])
        #expect(small.parameters[4].parameter.shape == [500, 200])
    }

    @Test func metricsMatchTheirDefinitions() throws {
        var accuracy = Accuracy()
        var loss = MeanLoss()
        #expect(try accuracy.value() == 0)
        accuracy.update(
            NDArray([1, 2, 5, 3, 0, 9] as [Float], shape: [3, 2]), NDArray([1, 1, 1] as [Int64]))
        accuracy.update(NDArray([1, 2] as [Float], shape: [1, 2]), NDArray([1] as [Int32]))
        #expect(try accuracy.value() == 0.75)
        loss.update(NDArray([1, 2] as [Float]))
        loss.update(NDArray([6] as [Float]))
        #expect(try loss.value() == 3)
    }
}
