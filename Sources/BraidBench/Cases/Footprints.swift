import Braid

extension BenchmarkCase {
    /// Group R: the memory that processes need at their peak, and how long one takes to start.
    static var footprints: [BenchmarkCase] {
        [
            BenchmarkCase(
                name: "R_import",
                variants: [
                    Variant("braid-eager", .process) {
                        .ofOutput { NDArray([1, 2, 3] as [Float]) + 1 }
                    }
                ]),
            memory("R_resnet50_b8_infer") {
                try prediction(of: resnet50(batch: 8), isHybrid: $0)
            },
            memory("R_resnet18_b64_train") {
                try trainingStep(of: resnet18(batch: 64), isHybrid: $0)
            },
        ]
    }

    private static func memory(
        _ name: String, _ prepare: @escaping (_ isHybrid: Bool) throws -> Workload
    ) -> BenchmarkCase {
        BenchmarkCase(
            name: name,
            variants: [false, true].map { isHybrid in
                Variant(isHybrid ? "braid-hybrid" : "braid-eager", .memory(runs: 5)) {
                    try prepare(isHybrid)
                }
            })
    }
}
