import Braid

extension BenchmarkCase {
    /// Group P: pointwise chains, rows and sums, which live from the memory's speed.
    static var pointwise: [BenchmarkCase] {
        [(10_000, "1e4"), (1_000_000, "1e6"), (10_000_000, "1e7")].map(geluChain)
            + [softmaxRows, sumOfAll]
    }

    /// `gelu(x w + b) + r` with the exact gelu.
    private static func geluChain(_ count: Int, _ name: String) -> BenchmarkCase {
        BenchmarkCase(
            name: "P_gelu_chain_\(name)",
            variants: eagerAndHybrid(Amounts(bytes: 20 * Double(count))) {
                (1...4).map { Pattern.array([count], seed: $0) }
            } body: { inputs in
                let z = inputs[0] * inputs[1] + inputs[2]
                return z.gelu() + inputs[3]
            })
    }

    private static var softmaxRows: BenchmarkCase {
        BenchmarkCase(
            name: "P_softmax_8192x1024",
            variants: [
                Variant("braid-eager") {
                    let x = Pattern.array([8192, 1024], seed: 1)
                    return .ofOutput(Amounts(bytes: 8 * Double(x.count))) { x.softmax() }
                }
            ])
    }

    private static var sumOfAll: BenchmarkCase {
        BenchmarkCase(
            name: "P_sum_1e7",
            variants: [
                Variant("braid-eager") {
                    let x = Pattern.array([10_000_000], seed: 1)
                    return .ofOutput(Amounts(bytes: 4 * Double(x.count))) { x.sum() }
                }
            ])
    }
}
