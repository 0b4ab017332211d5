import Braid

extension BenchmarkCase {
    /// Group D: data-parallel training of ResNet-18, 64 samples for each worker: one worker on one thread
    /// beside two on two. Where scaling is perfect both take as long.
    static var dataParallel: [BenchmarkCase] {
        [1, 2].map { workers in
            BenchmarkCase(
                name: "D_resnet18_b64_\(workers)proc",
                variants: [
                    Variant("braid-hybrid", threads: workers) {
                        try dataParallelStep(of: resnet18(batch: 64 * workers), workers: workers)
                    }
                ])
        }
    }

    private static func dataParallelStep(
        of prepared: BenchmarkNetwork, workers: Int
    ) -> Workload {
        let (network, input) = (prepared.network, prepared.input)
        let labels = LearningTask.classifier.labels(for: input)
        let step = DataParallelStep(
            Trainer(network.parameters, LearningTask.classifier.optimizer), shards: Shards(workers),
            workers: workers
        ) { x, labels in
            let scores = network.forward(x)
            return (softmaxCrossEntropy(scores, labels), scores)
        }
        var firstLoss: Double?
        return Workload(
            run: {
                let losses = step(input, labels).losses
                try Runtime.waitAll()
                if firstLoss == nil {
                    firstLoss = Double(try losses.mean().scalar(as: Float.self))
                }
            },
            checksum: { firstLoss! }, amounts: Amounts(items: prepared.batchSize))
    }
}
