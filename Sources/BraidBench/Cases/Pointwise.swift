import Braid

extension BenchmarkCase {
    /// Group P: pointwise chains, rows and sums, which live from the memory's speed.
    static var pointwise: [BenchmarkCase] {
        [(10_000, "1e4"), (1_000_000, "1e6"), (10_000_000, "1e7")].map(geluChain)
            + [softmaxRows, layerNorm, sumOfAll, adam]
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

    private static var layerNorm: BenchmarkCase {
        BenchmarkCase(
            name: "P_layernorm_8192x768",
            variants: [
                Variant("braid-eager") {
                    let x = Pattern.array([8192, 768], seed: 1)
                    let weight = Pattern.array([768], seed: 2, scale: 0.5, center: 1)
                    let bias = Pattern.array([768], seed: 3)
                    return .ofOutput(Amounts(bytes: 8 * Double(x.count))) {
                        x.layerNormalized(weight: weight, bias: bias)
                    }
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

    /// A step of the optimiser for ten million parameters, whose gradients stay the same.
    private static var adam: BenchmarkCase {
        let count = 10_000_000
        return BenchmarkCase(
            name: "P_adam_10M",
            variants: [false, true].map { isHybrid in
                Variant(isHybrid ? "braid-hybrid" : "braid-eager") {
                    let scaling = Scaling(Pattern.array([count], seed: 1))
                    let (parameter, slope) = (scaling.$scale, Pattern.array([count], seed: 2))
                    Autograd.record { scaling(slope).sum() }.backward()
                    let gradient = parameter.gradient
                    let trainer = Trainer(scaling.parameters, .adam(learningRate: 1e-4))
                    let step: @Sendable ([NDArray]) -> [NDArray] = { _ in
                        trainer.step(batchSize: 1)
                        return []
                    }
                    let hybrid = hybridize(step)
                    var afterFirst: Double?
                    return Workload(
                        run: {
                            // A step uses up what is new.
                            parameter.gradient = gradient
                            _ = isHybrid ? hybrid([]) : step([])
                            try parameter.wrappedValue.waitUntilReady()
                            if afterFirst == nil {
                                afterFirst = try Pattern.checksum(parameter.wrappedValue)
                            }
                        },
                        checksum: { afterFirst! }, amounts: Amounts(bytes: 28 * Double(count)))
                }
            })
    }
}

/// Times a parameter: the slope of the result's sum is the input.
private struct Scaling: Block {
    @Parameter var scale: NDArray

    init(_ scale: NDArray) { _scale = Parameter(scale) }

    func forward(_ x: NDArray) -> NDArray { x * scale }
}
