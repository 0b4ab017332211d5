import Braid

extension BenchmarkCase {
    /// Group M: predictions of whole networks. LeNet is not among the peers' cases.
    static var inference: [BenchmarkCase] {
        [
            prediction("M_mlp_b1") { try .images([1, 784], Models.mlp()) },
            prediction("M_mlp_b128") { try .images([128, 784], Models.mlp()) },
            prediction("M_lenet_b1") {
                try .images([1, 1, 28, 28], Models.lenet(height: 28, width: 28))
            },
            prediction("M_lenet_b64") {
                try .images([64, 1, 28, 28], Models.lenet(height: 28, width: 28))
            },
            prediction("M_mobilenetv2_b1") {
                try .images([1, 3, 224, 224], Models.mobilenetv2())
            },
            prediction("M_resnet50_b1") { try resnet50(batch: 1) },
            prediction("M_resnet50_b8") { try resnet50(batch: 8) },
            prediction("M_bert_b1") { try .images([1, 128, 768], Models.bert()) },
            prediction("M_bert_b8") { try .images([8, 128, 768], Models.bert()) },
            prediction("M_lstm_b16") {
                try BenchmarkNetwork(
                    Models.lstm(), Pattern.array([64, 16, 512], seed: 0), batchAxis: 1)
            },
        ]
    }

    static func resnet50(batch: Int) throws -> BenchmarkNetwork {
        try .images([batch, 3, 224, 224], Models.resnet50())
    }

    private static func prediction(
        _ name: String, _ prepare: @escaping () throws -> BenchmarkNetwork
    ) -> BenchmarkCase {
        BenchmarkCase(
            name: name,
            variants: [false, true].map { isHybrid in
                Variant(isHybrid ? "braid-hybrid" : "braid-eager") {
                    try prediction(of: prepare(), isHybrid: isHybrid)
                }
            })
    }

    /// One prediction of a network.
    static func prediction(of prepared: BenchmarkNetwork, isHybrid: Bool) -> Workload {
        let forward = prepared.function(isHybrid: isHybrid)
        return .ofOutput(Amounts(items: prepared.batchSize)) { forward(prepared.input) }
    }
}
