import Braid
import Testing

struct ParameterTests {
    /// The output layer has the weights of the input layer.
    private struct Tied: Block {
        let encoder = Dense(3, inputs: 3)
        let decoder: Parameter
        init() { decoder = encoder.$weight }
        func forward(_ x: NDArray) -> NDArray {
            encoder(x).tanh().matmul(decoder.wrappedValue)
        }
    }

    @Test func patternsOfNames() {
        let network = Sequential {
            Dense(1, inputs: 1)
            Sequential { for _ in 0..<2 { Dense(1, inputs: 1) } }
        }
        let rows: [(String, [String])] = [
            ("*", ["0.weight", "0.bias", "1.0.weight", "1.0.bias", "1.1.weight", "1.1.bias"]),
            ("1.*", ["1.0.weight", "1.0.bias", "1.1.weight", "1.1.bias"]),
            ("*.bias", ["0.bias", "1.0.bias", "1.1.bias"]),
            ("1.*.bias", ["1.0.bias", "1.1.bias"]),
            ("*0*i*", ["0.weight", "0.bias", "1.0.weight", "1.0.bias"]),
            ("0.bias", ["0.bias"]), ("bias", []), ("0.bia", []), ("*0.bias*0.bias", []),
            ("0.b*bias", []),
        ]
        for (pattern, names) in rows {
            if names.isEmpty {
                let error = #expect(throws: ArrayError.self) {
                    try validating { network.parameters.matching(pattern) }
                }
                #expect(error?.description.contains("no name fits '\(pattern)'") == true)
                continue
            }
            #expect(network.parameters.matching(pattern).map(\.name) == names, "\(pattern)")
        }
        let large = network.parameters.matching { $0.parameter.shape == [1] }
        #expect(large.map(\.name) == ["0.bias", "1.0.bias", "1.1.bias"])
    }

    @Test func frozenParametersComeBackAsTheyWere() {
        let layer = Dense(2, inputs: 2)
        layer.$weight.gradientMode = .add
        let mean = Parameter([2])
        mean.gradientMode = .none
        layer.parameters.freeze()
        layer.parameters.freeze()
        mean.freeze()
        #expect(layer.$weight.gradientMode == .none && layer.bias!.gradientMode == .none)
        layer.parameters.unfreeze()
        mean.unfreeze()
        #expect(layer.$weight.gradientMode == .add && layer.bias!.gradientMode == .write)
        #expect(mean.gradientMode == .none)
        layer.$weight.freeze()
        layer.$weight.gradientMode = .none
        layer.$weight.unfreeze()
        #expect(layer.$weight.gradientMode == .none)
    }

    @Test(arguments: [false, true])
    func sharedParametersAreTrainedAndStoredOnce(hybridized: Bool) throws {
        RandomSource.seed(6)
        let network = Tied()
        #expect(network.parameters.map(\.name) == ["encoder.weight", "encoder.bias"])
        #expect(network.parameters[0].otherNames == ["decoder"])
        #expect(network.parameters["decoder"] === network.parameters["encoder.weight"])
        let x = NDArray.range(count: 6).reshaped(to: [2, 3]).cast(to: .f32).sin()

        // The gradient is that of both uses together.
        let apart = (Parameter(network.encoder.weight), Parameter(network.encoder.weight))
        Autograd.record {
            let hidden =
                x.matmul(apart.0.wrappedValue.transposed())
                + network.encoder.bias!.wrappedValue
            return hidden.tanh().matmul(apart.1.wrappedValue).square()
        }.backward()
        let expected = apart.0.gradient! + apart.1.gradient!
        let start = network.encoder.weight
        let trainer = Trainer(network.parameters, .sgd(learningRate: 0.5))
        let step: @Sendable (NDArray) -> NDArray = { x in
            let loss = Autograd.record { network(x).square() }
            loss.backward()
            trainer.step(batchSize: 1)
            return loss
        }
        let function = hybridize(step)
        _ = hybridized ? function(x) : step(x)
        let moved = start - expected * 0.5
        let wrong = try difference(
            network.encoder.weight, moved.cast(to: .f64), tolerance: 1e-5)
        #expect(wrong == nil)

        try withTemporaryFile { path in
            try network.saveParameters(to: path)
            let file = try ParameterFile(path: path)
            let other = Tied()
            #expect(try other.loadParameters(from: file).isEmpty)
            #expect(
                try difference(other.decoder.wrappedValue, moved.cast(to: .f64), tolerance: 1e-5)
                    == nil)
            #expect(other.decoder === other.encoder.$weight)
        }
    }

    /// A file of a framework that names the shared weights by their last place.
    @Test func sharedParametersAreFoundUnderAnyName() throws {
        struct Named: Block {
            let decoder: Parameter
            let encoder: Dense
            func forward(_ x: NDArray) -> NDArray { encoder(x) }
        }
        struct Plain: Block {
            let encoder: Dense
            func forward(_ x: NDArray) -> NDArray { encoder(x) }
        }
        try withTemporaryFile { path in
            let plain = Plain(encoder: Dense(3, inputs: 3))
            try plain.saveParameters(to: path)
            let encoder = Dense(3, inputs: 3)
            let named = Named(decoder: encoder.$weight, encoder: encoder)
            #expect(named.parameters.map(\.name) == ["decoder", "encoder.bias"])
            try named.loadParameters(from: ParameterFile(path: path))
            let values = try plain.encoder.weight.scalars(as: Float.self)
            #expect(try named.decoder.wrappedValue.scalars(as: Float.self) == values)
        }
    }

    @Test func loadingReportsWhatDiffers() throws {
        struct Net: Block {
            let body: Dense
            let head: Dense
            var extra: Dense?
            func forward(_ x: NDArray) -> NDArray { head(body(x)) }
        }
        try withTemporaryFile { path in
            let source = Net(body: Dense(3, inputs: 2), head: Dense(5, inputs: 3), extra: nil)
            try source.saveParameters(to: path)
            let file = try ParameterFile(path: path)
            let net = Net(
                body: Dense(3, inputs: 2, usesBias: false), head: Dense(4, inputs: 3),
                extra: Dense(1, inputs: 1))
            let before = try net.parameters.map {
                try $0.parameter.wrappedValue.scalars(as: Float.self)
            }
            let error = #expect(throws: ModelFileError.self) { try net.loadParameters(from: file) }
            #expect(error?.code == .mismatch)
            #expect(
                error?.message == """
                    extra.weight is missing
                    extra.bias is missing
                    head.weight is f32[5, 3], expected f32[4, 3]
                    head.bias is f32[5], expected f32[4]
                    body.bias is unexpected
                    """)
            let rest = #expect(throws: ModelFileError.self) {
                try net.loadParameters(from: file, allowing: [.missing, .mismatched])
            }
            #expect(rest?.message == "body.bias is unexpected")
            #expect(
                try net.parameters.map { try $0.parameter.wrappedValue.scalars(as: Float.self) }
                    == before)

            // Whatever is allowed: a file that fits nowhere is not loaded, and that is said.
            let stranger = Sequential { Dense(7, inputs: 7) }
            let nothing = #expect(throws: ModelFileError.self) {
                try stranger.loadParameters(
                    from: file, allowing: [.missing, .unexpected, .mismatched])
            }
            #expect(nothing?.message.hasPrefix("no tensor of the file fits a parameter") == true)
            #expect(nothing?.message.contains("0.weight is missing\n") == true)
            #expect(throws: ModelFileError.self) {
                try net.loadParameters(from: file, allowing: [.missing]) { _ in nil }
            }
            // There is nothing to be loaded, or nothing to load it into.
            try Flatten().loadParameters(from: file, allowing: .unexpected)

            let report = try net.loadParameters(
                from: file, allowing: [.missing, .unexpected, .mismatched])
            #expect(report.missing == ["extra.weight", "extra.bias"])
            #expect(report.unexpected == ["body.bias"])
            #expect(
                report.mismatched.map { "\($0.name) \($0.found) \($0.expected)" } == [
                    "head.weight f32[5, 3] f32[4, 3]", "head.bias f32[5] f32[4]",
                ])
            let values = try source.body.weight.scalars(as: Float.self)
            #expect(try net.body.weight.scalars(as: Float.self) == values)
            #expect(try net.head.weight.scalars(as: Float.self) == before[1])
        }
    }

    /// Layers that do not know their input width take the file's; another dtype is a difference.
    @Test func shapesComeFromTheFile() throws {
        try withTemporaryFile { path in
            try Dense(3, inputs: 2).saveParameters(to: path)
            let file = try ParameterFile(path: path)
            let layer = Dense(3)
            try layer.loadParameters(from: file)
            #expect(layer.$weight.shape == [3, 2])
            let error = #expect(throws: ModelFileError.self) {
                try Dense(3, dtype: .f64).loadParameters(from: file)
            }
            #expect(error?.message.contains("weight is f32[3, 2], expected f64[3, 2]") == true)
        }
    }
}
