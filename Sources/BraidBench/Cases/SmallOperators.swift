import Braid

extension BenchmarkCase {
    /// Group E: what an operator costs that has next to nothing to do.
    static var smallOperators: [BenchmarkCase] {
        [addition, chain, largerChain, recordedAddition, recordedChain]
    }

    private static let chainLength = 100

    @Sendable private static func added(_ x: NDArray, _ y: NDArray, _ count: Int) -> NDArray {
        var value = x
        for _ in 0..<count { value = value + y }
        return value
    }

    private static var addition: BenchmarkCase {
        BenchmarkCase(
            name: "E1_add10_x10k",
            variants: [
                Variant("braid-eager") {
                    let (x, y) = (Pattern.array([10], seed: 1), Pattern.array([10], seed: 2))
                    return .ofOutput(Amounts(operators: 10_000)) {
                        var last = x
                        for _ in 0..<10_000 { last = x + y }
                        return last
                    }
                }
            ])
    }

    private static var chain: BenchmarkCase {
        BenchmarkCase(
            name: "E2_chain100_10",
            variants: Self.eagerAndHybrid(Amounts(operators: chainLength)) {
                (Pattern.array([10], seed: 1), Pattern.array([10], seed: 2))
            } body: {
                added($0, $1, chainLength)
            })
    }

    private static var largerChain: BenchmarkCase {
        BenchmarkCase(
            name: "E3_256x256_x1k",
            variants: [
                Variant("braid-eager") {
                    let x = Pattern.array([256, 256], seed: 1)
                    let y = Pattern.array([256, 256], seed: 2, scale: 1e-3)
                    return .ofOutput(Amounts(operators: 1_000)) { added(x, y, 1_000) }
                }
            ])
    }

    private static var recordedAddition: BenchmarkCase {
        BenchmarkCase(
            name: "E1g_add10_grad_x10k",
            variants: [
                Variant("braid-eager") {
                    let parameter = Parameter(Pattern.array([10], seed: 1))
                    let y = Pattern.array([10], seed: 2)
                    return .ofOutput(Amounts(operators: 10_000)) {
                        Autograd.record {
                            let x = parameter.wrappedValue
                            var last = x
                            for _ in 0..<10_000 { last = x + y }
                            return last
                        }
                    }
                }
            ])
    }

    private static var recordedChain: BenchmarkCase {
        BenchmarkCase(
            name: "E2g_chain100_fwdbwd",
            variants: [false, true].map { isHybrid in
                Variant(isHybrid ? "braid-hybrid" : "braid-eager") {
                    let parameter = Parameter(Pattern.array([10], seed: 1))
                    let y = Pattern.array([10], seed: 2)
                    let step: @Sendable (NDArray) -> NDArray = { y in
                        let sum = Autograd.record {
                            added(parameter.wrappedValue, y, chainLength).sum()
                        }
                        sum.backward()
                        return sum
                    }
                    let hybrid = hybridize(step)
                    var sum: NDArray?
                    return Workload(
                        run: {
                            sum = isHybrid ? hybrid(y) : step(y)
                            try parameter.gradient!.waitUntilReady()
                            try sum!.waitUntilReady()
                        },
                        checksum: {
                            try Pattern.checksum(sum!) + Pattern.checksum(parameter.gradient!)
                        },
                        amounts: Amounts(operators: 2 * chainLength))
                }
            })
    }
}
