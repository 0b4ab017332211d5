import Braid
import BraidTestSupport
import Testing

/// Serialized: some tests seed the random source of the process.
@Suite(.serialized) struct NormalizationLayerTests {
    @Test func layersHaveTorchsParameters() {
        let rows: [(any Block<NDArray, NDArray>, Shape, [String], Shape)] = [
            (
                BatchNorm(), [2, 3, 4], ["weight", "bias", "runningMean", "runningVariance"], [3]
            ),
            (
                BatchNorm(isAffine: false), [2, 3], ["runningMean", "runningVariance"], [3]
            ),
            (LayerNorm(), [2, 3, 4], ["weight", "bias"], [4]),
            (LayerNorm(axes: 2), [2, 3, 4], ["weight", "bias"], [3, 4]),
            (LayerNorm(4, usesBias: false), [2, 3, 4], ["weight"], [4]),
            (RMSNorm(), [2, 3, 4], ["weight"], [4]),
            (GroupNorm(groups: 3), [2, 6, 4], ["weight", "bias"], [6]),
            (InstanceNorm(), [2, 6, 4], [], [6]),
            (InstanceNorm(isAffine: true), [2, 6, 4], ["weight", "bias"], [6]),
        ]
        for (layer, input, names, shape) in rows {
            #expect(layer.forward(.ones(input)).shape == input)
            #expect(layer.parameters.map(\.name) == names)
            for element in layer.parameters { #expect(element.parameter.shape == shape) }
        }
    }

    @Test func mistakesNameTheLayer() {
        let mistakes: [(any Block<NDArray, NDArray>, Shape, [String])] = [
            (BatchNorm(), [3], ["batch_norm", "[3]"]),
            (BatchNorm(channels: 3), [1, 2, 8], ["batch_norm", "[3]", "[2]"]),
            (LayerNorm(axes: 2), [3], ["layer_norm", "last 2 axes", "[3]"]),
            (LayerNorm(4), [2, 3], ["layer_norm", "[4]", "[3]"]),
            (RMSNorm(), [], ["rms_norm", "last 1 axes", "[]"]),
            (GroupNorm(groups: 4), [2, 6], ["6 channels", "4 equal groups"]),
            (InstanceNorm(), [3], ["instance_norm", "[3]"]),
        ]
        for (layer, shape, mentions) in mistakes {
            let error = #expect(throws: ArrayError.self) {
                try validating { layer.forward(.ones(shape)) }
            }
            for part in mentions {
                #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
            }
        }
    }

    private static let batches: [[[Float]]] = [
        [[1, 5], [3, 5], [2, 8]], [[0, -1], [6, 2], [3, 4]], [[9, 9], [9, 9], [9, 9]],
    ]

    private static func array(_ rows: [[Float]]) -> NDArray {
        NDArray(rows.flatMap { $0 }, shape: [rows.count, rows[0].count])
    }

    /// The running statistics of the two columns after training calls with all batches.
    private static func averages(momentum: Double) -> (mean: [Double], variance: [Double]) {
        var (means, variances) = ([0.0, 0.0], [1.0, 1.0])
        for batch in batches {
            for column in 0..<2 {
                let values = batch.map { Double($0[column]) }
                let mean = values.reduce(0, +) / 3
                let variance = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 2
                means[column] += momentum * (mean - means[column])
                variances[column] += momentum * (variance - variances[column])
            }
        }
        return (means, variances)
    }

    @Test(arguments: [false, true]) func trainingMovesTheAverages(isHybrid: Bool) throws {
        let layer = BatchNorm(momentum: 0.25)
        let fast = layer.hybridized()
        for (index, batch) in Self.batches.enumerated() {
            let x = Self.array(batch)
            func forward() -> NDArray { isHybrid ? fast(x) : layer(x) }
            // In training mode recorded and not; in prediction nothing moves.
            let y =
                index == 0 ? Autograd.record { forward() } : withMode(.train) { forward() }
            let sums = try y.sum(over: 0).scalars(as: Float.self)
            #expect(sums.allSatisfy { abs($0) < 1e-5 })
            _ = forward()
            _ = Autograd.record(mode: .predict) { forward() }
        }
        let (means, variances) = Self.averages(momentum: 0.25)
        for (found, expected) in [
            (layer.runningMean, means), (layer.runningVariance, variances),
        ] {
            for (a, b) in zip(try found.scalars(as: Float.self), expected) {
                #expect(abs(Double(a) - b) <= 1e-6 * max(1, abs(b)))
            }
        }
        let x = NDArray([4, -2] as [Float], shape: [1, 2])
        let predicted = try layer(x).scalars(as: Float.self)
        for column in 0..<2 {
            let expected =
                ([4, -2][column] - means[column]) / (variances[column] + 1e-5).squareRoot()
            #expect(abs(Double(predicted[column]) - expected) < 1e-5)
        }
    }

    /// A whole step as one graph moves what plain calls move, and the trainer leaves it alone.
    @Test func averagesMoveInsideAHybridizedStep() throws {
        func train(_ isHybrid: Bool) throws -> [[Float]] {
            RandomSource.seed(4)
            let network = Sequential {
                Dense(3)
                BatchNorm()
                Dense(2)
            }
            let trainer = Trainer(network.parameters, .sgd(learningRate: 0.1, momentum: 0.9))
            let step: @Sendable (NDArray) -> NDArray = { x in
                let loss = Autograd.record { network(x).square().sum() }
                loss.backward()
                trainer.step(batchSize: 3)
                return loss
            }
            let fast = hybridize(step)
            for batch in Self.batches {
                let x = Self.array(batch)
                _ = isHybrid ? fast(x) : step(x)
            }
            return try network.parameters.map {
                try $0.parameter.wrappedValue.scalars(as: Float.self)
            }
        }
        let plain = try train(false)
        #expect(try train(true) == plain)
        #expect(plain[4].contains { $0 != 0 }, "the running mean has moved")
    }

    @Test func averagesAreSavedAndTrainedModelsLeaveThem() throws {
        let layer = BatchNorm(channels: 2)
        let before = try layer.runningMean.scalars(as: Float.self)
        let model = try layer.trainingModel(for: [TensorType(.f32, [3, 2])])
        #expect(
            model.signature.outputs.map(\.name) == ["output", "gradient.weight", "gradient.bias"])
        #expect(try layer.runningMean.scalars(as: Float.self) == before)
        let prediction = try layer.model(for: [TensorType(.f32, [3, 2])])
        #expect(
            Set(prediction.signature.parameters.map(\.name)) == Set(layer.parameters.map(\.name)))
    }

    @Test func startingAnewResetsTheAverages() throws {
        let layer = BatchNorm()
        _ = withMode(.train) { layer(Self.array(Self.batches[0])) }
        #expect(try layer.runningMean.scalars(as: Float.self) != [0, 0])
        layer.initialize()
        #expect(try layer.runningMean.scalars(as: Float.self) == [0, 0])
        #expect(try layer.runningVariance.scalars(as: Float.self) == [1, 1])
    }
}
