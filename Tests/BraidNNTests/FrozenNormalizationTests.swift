import Braid
import BraidTestSupport
import Testing

/// A frozen normalisation predicts.
struct FrozenNormalizationTests {
    private let x = NDArray.range(count: 12).reshaped(to: [4, 3]).cast(to: .f32).sin() * 3 + 1

    private func statistics(_ layer: BatchNorm) throws -> [Float] {
        try layer.runningMean.scalars(as: Float.self)
            + layer.runningVariance.scalars(as: Float.self)
    }

    private static let ways: [(name: String, freeze: @Sendable (BatchNorm) -> Void)] = [
        ("all", { $0.parameters.freeze() }),
        (
            "weight and bias",
            { layer in
                layer.parameters.matching("weight").freeze()
                layer.parameters.matching("bias").freeze()
            }
        ),
        (
            "no gradients",
            { layer in
                layer.weight!.gradientMode = .none
                layer.bias!.gradientMode = .none
            }
        ),
        ("statistics", { $0.parameters.matching("running*").freeze() }),
    ]

    @Test(arguments: 0..<4, [0, 1, 2, 3]) func statisticsStay(way: Int, kind: Int) throws {
        let layer = BatchNorm(channels: 3)
        let head = Dense(2, inputs: 3)
        let network = Sequential {
            layer
            head
        }
        let trainer = Trainer(network.parameters, .sgd(learningRate: 0.1))
        let labels = NDArray([0, 1, 0, 1] as [Int64])
        let forward: DataParallelStep.Forward = { x, labels in
            let scores = network(x)
            return (softmaxCrossEntropy(scores, labels), scores)
        }
        let shards = DataParallelStep(
            trainer, shards: Shards(2), hybridizedWith: kind == 2 ? nil : HybridOptions(), forward)
        let plain: @Sendable (NDArray, NDArray) -> NDArray = { x, labels in
            let (losses, _) = Autograd.record { forward(x, labels) }
            losses.backward()
            trainer.step(batchSize: 4)
            return losses
        }
        let hybrid = hybridize(plain)
        func step() {
            switch kind {
            case 0: _ = plain(x, labels)
            case 1: _ = hybrid(x, labels)
            default: _ = shards(x, labels)
            }
        }
        let first = try statistics(layer)
        step()
        let moved = try statistics(layer)
        #expect(moved != first)
        Self.ways[way].freeze(layer)
        let before = try head.weight.scalars(as: Float.self)
        for _ in 0..<2 {
            step()
            #expect(try statistics(layer) == moved, "\(Self.ways[way].name), \(kind)")
        }
        #expect(try head.weight.scalars(as: Float.self) != before)
        // In training the outputs are those of prediction.
        let predicted = try layer(x).scalars(as: Float.self)
        #expect(try withMode(.train) { layer(x) }.scalars(as: Float.self) == predicted)
        if way == 2 { return }
        layer.parameters.unfreeze()
        step()
        #expect(try statistics(layer) != moved)
    }

    @Test func withoutWeightsTheStatisticsDecide() throws {
        let layer = BatchNorm(channels: 3, isAffine: false)
        layer.parameters.freeze()
        _ = withMode(.train) { layer(x) }
        #expect(try statistics(layer) == [0, 0, 0, 1, 1, 1])
        layer.parameters.unfreeze()
        _ = withMode(.train) { layer(x) }
        #expect(try statistics(layer) != [0, 0, 0, 1, 1, 1])
    }

    @Test func runningAveragesOfOwnLayersStay() throws {
        let average = Parameter(NDArray([1] as [Float]))
        average.gradientMode = .none
        average.freeze()
        average.moveAverage(toward: NDArray([3] as [Float]), momentum: 0.5)
        #expect(try average.wrappedValue.scalar(as: Float.self) == 1)
        average.unfreeze()
        average.moveAverage(toward: NDArray([3] as [Float]), momentum: 0.5)
        #expect(try average.wrappedValue.scalar(as: Float.self) == 2)
        #expect(average.gradientMode == .none)
    }
}
