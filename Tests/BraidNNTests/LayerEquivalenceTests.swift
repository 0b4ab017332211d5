import Braid
import BraidTestSupport
import Testing

/// Every block gives the same bits as plain code, traced without passes, with each pass alone and with
/// all: values and gradients, whatever parameters do with gradients, in training and in prediction,
/// when shapes and modes alternate.
struct LayerEquivalenceTests {
    @Test func everyBlockHasASample() throws {
        let declared = try LayerSample.declaredBlocks()
        #expect(
            declared.isSuperset(of: ["Dense", "Activation", "HybridBlock"]), "the search fails")
        let sampled = Set(LayerSample.all.map(\.type))
        #expect(declared.subtracting(sampled) == [], "blocks without a row in LayerSample.all")
        #expect(sampled.subtracting(declared) == [], "rows of blocks that there are not")
    }

    /// No passes, each alone, and all, in exact mode and not.
    private static let variants: [(name: String, options: OptimizationOptions)] = {
        let names = Set(OptimizationPipeline.passNames)
        let alone = OptimizationPipeline.passNames.map { name in
            (name, OptimizationOptions(disabling: names.subtracting([name]), verifying: true))
        }
        return [("no pass", OptimizationOptions(disabling: names, verifying: true))] + alone + [
            ("all passes", OptimizationOptions(verifying: true)),
            ("all exact passes", OptimizationOptions(exact: true, verifying: true)),
        ]
    }()

    /// What is done with the gradients of the input and of the parameters, in turn.
    private static let gradientModes: [[Parameter.GradientMode]] = [
        [.write], [.add], [.none, .write], [.write, .none, .add],
    ]

    @Test(arguments: LayerSample.all) func sameBits(_ sample: LayerSample) throws {
        RandomSource.seed(17)
        let block = sample.make()
        // Layers learn their input widths.
        _ = block.forward(.ones(sample.shapes[0]))
        let inputs = sample.shapes.map { Parameter(NDArray.normal($0)) }
        let first = block.parameters.map(\.parameter.wrappedValue)
        let expected = try run(block.parameters, inputs, block.forward)
        for (name, options) in Self.variants {
            let fast = hybridized(block, HybridOptions(optimization: options))
            // Running averages have moved.
            for (element, value) in zip(block.parameters, first) {
                element.parameter.wrappedValue = value
            }
            let found = try run(block.parameters, inputs, fast.forward)
            let difference = found.indices.first { found[$0] != expected[$0] }
            #expect(difference == nil, "\(name): result \(difference ?? 0)")
        }
    }

    private func hybridized(
        _ block: some Block<NDArray, NDArray>, _ options: HybridOptions
    ) -> any Block<NDArray, NDArray> {
        block.hybridized(options: options)
    }

    /// The bytes of all results and gradients of a row of calls.
    private func run(
        _ parameters: ParameterList, _ inputs: [Parameter], _ forward: (NDArray) -> NDArray
    ) throws -> [[UInt8]] {
        RandomSource.seed(5)
        var bytes: [[UInt8]] = []
        func note(_ array: NDArray?) throws {
            bytes.append(try array?.withBytes { Array($0) } ?? [])
        }
        for element in parameters { element.parameter.gradient = nil }
        for input in inputs { input.gradient = nil }
        let trained = parameters.map(\.parameter).filter { $0.gradientMode != .none }
        let averages = parameters.map(\.parameter).filter { $0.gradientMode == .none }
        defer { for parameter in trained { parameter.gradientMode = .write } }
        for modes in Self.gradientModes {
            for mode in [Mode.train, .predict] {
                for input in inputs {
                    let leaves = [input] + trained
                    for (index, leaf) in leaves.enumerated() {
                        leaf.gradientMode = modes[index % modes.count]
                    }
                    try note(withMode(mode) { forward(input.wrappedValue) })
                    // Two forwards before one backward.
                    let output = Autograd.record(mode: mode) {
                        let first = forward(input.wrappedValue)
                        return first * forward(input.wrappedValue * 0.5)
                    }
                    output.backward(
                        seed: .range(from: 1, step: 0.25, count: output.count)
                            .reshaped(to: output.shape.extents))
                    try note(output)
                    for leaf in leaves { try note(leaf.gradient) }
                    for average in averages { try note(average.wrappedValue) }
                }
            }
        }
        return bytes
    }

    /// Forward, backward and update as one graph.
    @Test(arguments: LayerSample.all) func sameBitsInWholeSteps(_ sample: LayerSample) throws {
        func train(_ options: HybridOptions?) throws -> [[UInt8]] {
            RandomSource.seed(17)
            let block = sample.make()
            _ = block.forward(.ones(sample.shapes[0]))
            let input = Parameter(NDArray.normal(sample.shapes[0]))
            // The input is nobody's to train; some layers have no parameters, or only averages.
            let isTrained = block.parameters.contains { $0.parameter.gradientMode != .none }
            let trainer =
                isTrained
                ? Trainer(
                    block.parameters, .sgd(learningRate: 0.1, momentum: 0.9),
                    allowingUntrained: true)
                : nil
            let step: @Sendable (NDArray) -> NDArray = { scale in
                let loss = Autograd.record {
                    (block.forward(input.wrappedValue) * scale).square().mean()
                }
                loss.backward()
                trainer?.step()
                input.update { $0 -= input.gradient! * 0.1 }
                return loss
            }
            let function = options.map { hybridize(options: $0, step) }
            var bytes: [[UInt8]] = []
            for round in 1...3 {
                let scale = NDArray(Float(round))
                let loss = function.map { $0(scale) } ?? step(scale)
                bytes.append(try loss.withBytes { Array($0) })
            }
            for leaf in [input] + block.parameters.map(\.parameter) {
                bytes.append(try leaf.wrappedValue.withBytes { Array($0) })
                if let gradient = leaf.gradient {
                    bytes.append(try gradient.withBytes { Array($0) })
                }
            }
            if let function { #expect(function.traceCount == 1) }
            return bytes
        }
        let expected = try train(nil)
        for (name, options) in Self.variants {
            #expect(try train(HybridOptions(optimization: options)) == expected, "\(name)")
        }
    }

    /// A network serves tasks that call at once, and traces once however many come first.
    @Test func concurrentCallersGetTheSerialResults() async throws {
        RandomSource.seed(2)
        let network = Models.lenet(height: 8, width: 8)
        let inputs = (0..<12).map { NDArray.normal([$0 % 3 + 1, 1, 8, 8]) }
        let expected = try inputs.map { try network($0).scalars(as: Float.self) }
        let fast = network.hybridized()
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for round in 0..<24 {
                        let index = (5 * task + 7 * round) % inputs.count
                        let found = try fast(inputs[index]).scalars(as: Float.self)
                        if found != expected[index] { return false }
                    }
                    return true
                }
            }
            for try await isEqual in group { #expect(isEqual) }
        }
        #expect(fast.traceCount == 3)
    }
}
