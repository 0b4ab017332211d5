import Braid

extension BenchmarkCase {
    /// Group T: whole steps of training (forward, loss, backward, update) with one fixed batch: image
    /// networks by SGD with momentum 0.9 and a learning rate of 0.01, language models by Adam with 1e-4.
    static var training: [BenchmarkCase] {
        [
            trainingStep("T_mlp_b64") { try .images([64, 784], Models.mlp(hidden: [512, 256])) },
            trainingStep("T_mlp_b512") {
                try .images([512, 784], Models.mlp(hidden: [512, 256]))
            },
            trainingStep("T_lenet_b64") {
                try .images([64, 1, 28, 28], Models.lenet(height: 28, width: 28))
            },
            trainingStep("T_resnet18_b64") { try resnet18(batch: 64) },
            trainingStep("T_translm_b16", .languageModel) {
                try .tokens([16, 128], Models.gpt())
            },
            trainingStep("T_lstmlm_b32", .languageModel) {
                try .tokens([32, 64], Models.lstmLanguageModel())
            },
        ]
    }

    static func resnet18(batch: Int) throws -> BenchmarkNetwork {
        try .images([batch, 3, 32, 32], Models.resnet18())
    }

    /// What a network learns, and how.
    enum LearningTask {
        /// One of ten classes for each sample.
        case classifier
        /// One of 1,000 tokens for each token.
        case languageModel

        func labels(for input: NDArray) -> NDArray {
            switch self {
            case .classifier: Pattern.labels([input.shape[0]], below: 10, seed: 1)
            case .languageModel: Pattern.labels(input.shape, below: 1_000, seed: 1)
            }
        }

        var optimizer: Optimizer {
            switch self {
            case .classifier: .sgd(learningRate: 0.01, momentum: 0.9)
            case .languageModel: .adam(learningRate: 1e-4)
            }
        }
    }

    private static func trainingStep(
        _ name: String, _ task: LearningTask = .classifier,
        _ prepare: @escaping () throws -> BenchmarkNetwork
    ) -> BenchmarkCase {
        BenchmarkCase(
            name: name,
            variants: [false, true].map { isHybrid in
                Variant(isHybrid ? "braid-hybrid" : "braid-eager") {
                    try trainingStep(of: prepare(), task, isHybrid: isHybrid)
                }
            })
    }

    /// One step of training; the checksum is the mean loss of the first.
    static func trainingStep(
        of prepared: BenchmarkNetwork, _ task: LearningTask = .classifier, isHybrid: Bool
    ) -> Workload {
        let (network, input) = (prepared.network, prepared.input)
        let labels = task.labels(for: input)
        let trainer = Trainer(network.parameters, task.optimizer)
        let step: @Sendable (NDArray, NDArray) -> NDArray = { x, labels in
            let losses = Autograd.record { softmaxCrossEntropy(network.forward(x), labels) }
            losses.backward()
            trainer.step(batchSize: x.shape[0])
            return losses.mean()
        }
        let hybrid = hybridize(step)
        var firstLoss: Double?
        return Workload(
            run: {
                let loss = isHybrid ? hybrid(input, labels) : step(input, labels)
                try Runtime.waitAll()
                if firstLoss == nil { firstLoss = Double(try loss.scalar(as: Float.self)) }
            },
            checksum: { firstLoss! }, amounts: Amounts(items: prepared.batchSize))
    }
}
