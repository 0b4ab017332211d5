package import Braid

/// Compares a network as array code with its compiled forms: predictions, training values, parameters
/// that training calls change, and gradients at parameters and inputs.
package struct NetworkVerifier {
    /// A training call: forward, backward.
    private typealias Step = @Sendable ([NDArray]) -> [NDArray]

    private let network: AnyBlock
    private let seed: UInt64
    private let inputs: [NDArray]
    /// In training calls inputs are parameters where they can have gradients.
    private let leaves: [Parameter?]
    /// For each output that can have a gradient.
    private let cotangents: [NDArray?]
    /// The network's parameters and what they start from.
    private let parameters: [(name: String, parameter: Parameter, value: NDArray)]

    /// - Throws: `ArrayError` when the network takes no such inputs, and where every job is checked, as
    ///   hybridized networks run operator by operator then: plain code would be compared with itself.
    package init(_ network: AnyBlock, types: [TensorType], seed: UInt64) throws {
        if Runtime.isChecked {
            throw ArrayError(
                .invalidState, in: "verify",
                "every job is checked (BRAID_CHECK=1), and networks are not compiled then; run it without"
            )
        }
        self.network = network
        self.seed = seed
        // One call tells the layers their input widths, and finds what they do not take.
        let outputs: [NDArray]
        (inputs, outputs) = try NDArray.random(types, seed: seed) { network($0) }
        leaves = inputs.map { $0.dtype.isComputedFloating ? Parameter($0) : nil }
        cotangents = try zip(outputs, NDArray.random(outputs.map(\.type), seed: seed &+ 1)).map {
            $0.dtype.isComputedFloating ? $1 : nil
        }
        parameters = network.parameters.map { ($0.name, $0.parameter, $0.parameter.wrappedValue) }
    }

    /// - Throws: what the network throws, or the failure that its outputs depend on; `ArrayError` also
    ///   where there is no memory for a call.
    package func verification(of subject: String) throws -> Verification {
        try validating { try checkedVerification(of: subject) }
    }

    private func checkedVerification(of subject: String) throws -> Verification {
        let step = step(of: network)
        let (predicted, trained) = (prediction(of: network), training(step))
        let expected = Outcome(
            values: predicted + trained.values + trained.values,
            gradients: trained.gradients + trained.gradients)
        let rows = try Verification.Choice.all.map { choice in
            let options = HybridOptions(optimization: choice.options)
            let compiled = AnyBlock(network.hybridized(options: options))
            let predicted = prediction(of: compiled)
            // The forward pass as a graph in recorded code, and the whole call as one graph.
            let forward = training(self.step(of: compiled))
            let whole = training { hybridize(options: options, step)($0) }
            return try Outcome(
                values: predicted + forward.values + whole.values,
                gradients: forward.gradients + whole.gradients
            ).row(choice, against: expected, hasGradients: !trained.gradients.isEmpty)
        }
        return Verification(
            subject: subject, inputs: inputs.map(\.type), seed: seed, rows: rows,
            gradientProblem: trained.gradients.isEmpty
                ? "no output depends on a parameter or an input in a differentiable way" : nil)
    }

    private func prediction(of network: AnyBlock) -> [NamedArray] {
        reset()
        return named(network(inputs), "prediction")
    }

    private func step(of network: AnyBlock) -> Step {
        { [leaves, cotangents] inputs in
            let (outputs, weighted) = Autograd.record {
                let outputs = network(zip(inputs, leaves).map { $1?.wrappedValue ?? $0 })
                let parts = zip(outputs, cotangents).compactMap { output, cotangent in
                    cotangent.map { (output * $0).sum().cast(to: .f64) }
                }
                return (outputs, parts.isEmpty ? nil : parts[1...].reduce(parts[0], +))
            }
            weighted?.backward()
            return outputs
        }
    }

    private func training(_ step: Step) -> Outcome {
        reset()
        let outputs = step(inputs)
        let values =
            named(outputs, "training value")
            + parameters.map { name, parameter, _ in
                NamedArray(name: "parameter '\(name)' afterwards", array: parameter.wrappedValue)
            }
        let gradients =
            parameters.map { ("'\($0.name)'", $0.parameter) }
            + leaves.enumerated().compactMap { index, leaf in leaf.map { ("input \(index)", $0) } }
        return Outcome(
            values: values,
            gradients: gradients.compactMap { name, parameter in
                parameter.gradient.map { NamedArray(name: "the gradient at \(name)", array: $0) }
            })
    }

    /// Every call starts from the same parameters and draws the same random keys.
    private func reset() {
        for (_, parameter, value) in parameters {
            parameter.wrappedValue = value
            parameter.gradient = nil
        }
        for leaf in leaves { leaf?.gradient = nil }
        RandomSource.seed(seed &+ 2)
    }

    private func named(_ arrays: [NDArray], _ name: String) -> [NamedArray] {
        arrays.enumerated().map { NamedArray(name: "\(name) \($0)", array: $1) }
    }
}
