import Braid

extension BenchmarkCase {
    /// Group G: `[m, k] x [k, n]`.
    static var matrixProducts: [BenchmarkCase] {
        let squares = [64, 128, 256, 512, 1024, 2048, 4096].map { ($0, $0, $0) }
        let others = [(1, 4096, 4096), (32, 1024, 1024), (128, 768, 3072), (4096, 32, 512)]
        return (squares + others).map { m, n, k in
            BenchmarkCase(
                name: "G_gemm_\(m)x\(n)x\(k)",
                variants: [
                    Variant("braid-eager") {
                        let a = Pattern.array([m, k], seed: 1)
                        let b = Pattern.array([k, n], seed: 2)
                        let operations = 2 * Double(m) * Double(n) * Double(k)
                        return .ofOutput(Amounts(floatingPointOperations: operations)) {
                            a.matmul(b)
                        }
                    }
                ])
        }
    }
}
