import Braid

extension Block {
    /// Fills the parameters with patterns, each of its own seed, in a range as of usual first
    /// weights: `±1 / sqrt(inputs)` for weights `[outputs, inputs, …]`, biases as for 100 inputs.
    func fillWithPatterns() {
        // Running averages stay, as PyTorch's buffers do.
        let trained = parameters.filter { $0.parameter.gradientMode != .none }
        for (index, element) in trained.enumerated() {
            let shape = element.parameter.shape!
            let inputs = shape.rank > 1 ? shape.elementCount / shape[0] : 100
            element.parameter.wrappedValue = Pattern.array(
                shape, seed: index + 1, scale: 2 / Double(inputs).squareRoot())
        }
    }
}

extension BenchmarkCase {
    /// Group M: predictions of whole networks. LeNet is not among the peers' cases.
    static var inference: [BenchmarkCase] {
        [
            prediction("M_mlp_b1", [1, 784]) { Models.mlp() },
            prediction("M_mlp_b128", [128, 784]) { Models.mlp() },
            prediction("M_lenet_b1", [1, 1, 28, 28]) { Models.lenet(height: 28, width: 28) },
            prediction("M_lenet_b64", [64, 1, 28, 28]) { Models.lenet(height: 28, width: 28) },
        ]
    }

    private static func prediction(
        _ name: String, _ input: Shape, _ network: @escaping () -> Sequential
    ) -> BenchmarkCase {
        BenchmarkCase(
            name: name,
            variants: [false, true].map { isHybrid in
                Variant(isHybrid ? "braid-hybrid" : "braid-eager") {
                    let network = network()
                    let x = Pattern.array(input, seed: 0)
                    // Layers learn their input widths from the first call.
                    try network(x).waitUntilReady()
                    network.fillWithPatterns()
                    let hybrid = network.hybridized()
                    return .ofOutput(Amounts(items: input[0])) {
                        isHybrid ? hybrid(x) : network(x)
                    }
                }
            })
    }

    /// Group T: whole steps of training (forward, loss, backward, update) with one fixed batch, by SGD
    /// with momentum 0.9 and a learning rate of 0.01.
    static var training: [BenchmarkCase] {
        [
            trainingStep("T_mlp_b64", [64, 784]) { Models.mlp(hidden: [512, 256]) },
            trainingStep("T_mlp_b512", [512, 784]) { Models.mlp(hidden: [512, 256]) },
            trainingStep("T_lenet_b64", [64, 1, 28, 28]) { Models.lenet(height: 28, width: 28) },
        ]
    }

    private static func trainingStep(
        _ name: String, _ input: Shape, _ network: @escaping () -> Sequential
    ) -> BenchmarkCase {
        BenchmarkCase(
            name: name,
            variants: [false, true].map { isHybrid in
                Variant(isHybrid ? "braid-hybrid" : "braid-eager") {
                    let network = network()
                    let x = Pattern.array(input, seed: 0)
                    let labels = Pattern.labels([input[0]], below: 10, seed: 1)
                    try network(x).waitUntilReady()
                    network.fillWithPatterns()
                    let trainer = Trainer(
                        network.parameters, .sgd(learningRate: 0.01, momentum: 0.9))
                    let step: @Sendable (NDArray, NDArray) -> NDArray = { x, labels in
                        let losses = Autograd.record { softmaxCrossEntropy(network(x), labels) }
                        losses.backward()
                        trainer.step(batchSize: x.shape[0])
                        return losses.mean()
                    }
                    let hybrid = hybridize(step)
                    var firstLoss: Double?
                    return Workload(
                        run: {
                            let loss = isHybrid ? hybrid(x, labels) : step(x, labels)
                            try Runtime.waitAll()
                            if firstLoss == nil {
                                firstLoss = Double(try loss.scalar(as: Float.self))
                            }
                        },
                        checksum: { firstLoss! }, amounts: Amounts(items: input[0]))
                }
            })
    }
}
