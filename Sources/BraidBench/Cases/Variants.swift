import Braid

extension BenchmarkCase.Workload {
    /// Work that gives one array.
    static func ofOutput(
        _ amounts: BenchmarkCase.Amounts = BenchmarkCase.Amounts(),
        _ body: @escaping () -> NDArray
    ) -> Self {
        // The last result stays alive until the next, as with a caller who uses it.
        var output: NDArray?
        return Self(
            run: {
                output = body()
                try output!.waitUntilReady()
            },
            checksum: { try Pattern.checksum(output!) }, amounts: amounts)
    }
}

extension BenchmarkCase {
    /// A function of two arrays, run as it stands and hybridized.
    static func eagerAndHybrid(
        _ amounts: Amounts, inputs: @escaping () -> (NDArray, NDArray),
        body: @escaping @Sendable (NDArray, NDArray) -> NDArray
    ) -> [Variant] {
        [
            Variant("braid-eager") {
                let (x, y) = inputs()
                return .ofOutput(amounts) { body(x, y) }
            },
            Variant("braid-hybrid") {
                let (x, y) = inputs()
                let hybrid = hybridize(body)
                return .ofOutput(amounts) { hybrid(x, y) }
            },
        ]
    }

    /// A function of a list of arrays, run as it stands and hybridized.
    static func eagerAndHybrid(
        _ amounts: Amounts, inputs: @escaping () -> [NDArray],
        body: @escaping @Sendable ([NDArray]) -> NDArray
    ) -> [Variant] {
        [
            Variant("braid-eager") {
                let inputs = inputs()
                return .ofOutput(amounts) { body(inputs) }
            },
            Variant("braid-hybrid") {
                let inputs = inputs()
                let hybrid = hybridize(body)
                return .ofOutput(amounts) { hybrid(inputs) }
            },
        ]
    }
}
