import Braid

/// A network with an input for it, ready to be measured.
struct BenchmarkNetwork: Sendable {
    let network: any Block<NDArray, NDArray>
    /// `[batch, …]`, but of `lstm` `[steps, batch, width]`.
    let input: NDArray
    /// The number of samples.
    let batchSize: Int

    /// Fills the network with patterns.
    init(_ network: any Block<NDArray, NDArray>, _ input: NDArray, batchAxis: Int = 0) throws {
        if network.parameters.contains(where: { $0.parameter.shape == nil }) {
            // Layers learn their input widths from the first call.
            try network.forward(input).waitUntilReady()
        }
        network.parameters.fillWithPatterns()
        self.network = network
        self.input = input
        batchSize = input.shape[batchAxis]
    }

    /// An image network.
    static func images(
        _ shape: Shape, _ network: any Block<NDArray, NDArray>
    ) throws -> BenchmarkNetwork {
        try BenchmarkNetwork(network, Pattern.array(shape, seed: 0))
    }

    /// A language model for 1,000 tokens.
    static func tokens(
        _ shape: Shape, _ network: any Block<NDArray, NDArray>
    ) throws -> BenchmarkNetwork {
        try BenchmarkNetwork(network, Pattern.labels(shape, below: 1_000, seed: 0))
    }

    /// The network as a function.
    func function(isHybrid: Bool) -> @Sendable (NDArray) -> NDArray {
        let network = network
        let forward: @Sendable (NDArray) -> NDArray = { network.forward($0) }
        guard isHybrid else { return forward }
        let hybrid = hybridize(forward)
        return { hybrid($0) }
    }
}

extension ParameterList {
    /// Fills the parameters with patterns, each of its own seed, about as large as usual first values:
    /// weights `[outputs, inputs, …]` in `±1 / sqrt(inputs)`, scales of normalisations in `0.75..<1.25`, biases
    /// as for 100 inputs. Running averages stay, as PyTorch's buffers do.
    func fillWithPatterns() {
        let trained = filter { $0.parameter.gradientMode != .none }
        for (index, element) in trained.enumerated() {
            let shape = element.parameter.shape!
            let isScale = shape.rank == 1 && element.name.hasSuffix("weight")
            let inputs = shape.rank > 1 ? shape.elementCount / shape[0] : 100
            element.parameter.wrappedValue = Pattern.array(
                shape, seed: index + 1, scale: isScale ? 0.5 : 2 / Double(inputs).squareRoot(),
                center: isScale ? 1 : 0)
        }
    }
}
