import Braid
import BraidTestSupport
import Testing

/// Models of traced networks and functions, before and after a file.
struct BlockModelTests {
    private func bits(_ array: NDArray?) throws -> [UInt32] {
        try #require(array).scalars(as: Float.self).map(\.bitPattern)
    }

    /// The model, and the same model written and read.
    private func bothWays(_ model: Model) throws -> [Model] {
        let read = try withTemporaryFile { path in
            try model.write(to: path)
            return try Model(contentsOfFile: path)
        }
        #expect(read.signature == model.signature)
        #expect(read.options == model.options)
        #expect(read.metadata == model.metadata)
        return [model, read]
    }

    private static func images(_ count: Int) -> NDArray {
        NDArray(
            (0..<count * 64).map { Float($0 * 37 % 101) / 50 - 1 }, shape: [count, 1, 8, 8])
    }

    @Test func networksBecomeModels() throws {
        let network = Models.lenet(height: 8, width: 8, classes: 10)
        // No layer knows its input width yet.
        let model = try network.model(
            for: [TensorType(.f32, [3, 1, 8, 8])], outputNames: ["scores"],
            metadata: ["model": "lenet"])
        #expect(model.signature.inputs == [.init("input", TensorType(.f32, [3, 1, 8, 8]))])
        #expect(model.signature.outputs == [.init("scores", TensorType(.f32, [3, 10]))])
        #expect(model.signature.parameters.map(\.name) == network.parameters.map(\.name))
        let expected = try bits(network(Self.images(3)))
        for model in try bothWays(model) {
            #expect(try bits(model(["input": Self.images(3)])["scores"]) == expected)
        }
    }

    @Test func modelsKeepTheValuesOfTheirTime() throws {
        let layer = Dense(2, inputs: 3)
        let model = try layer.model(for: [TensorType(.f32, [1, 3])])
        let expected = try bits(layer(.ones([1, 3])))
        layer.$weight.update { $0 *= 2 }
        #expect(try bits(model([.ones([1, 3])])[0]) == expected)
        #expect(try bits(layer(.ones([1, 3]))) != expected)
    }

    @Test func hybridizedNetworksBecomeTheSameModels() throws {
        let layer = Dense(2, inputs: 3, activation: .tanh)
        let types = [TensorType(.f32, [1, 3])]
        let (plain, compiled) = (
            try layer.model(for: types), try layer.hybridized().model(for: types)
        )
        #expect(try GraphCoding.json(of: plain.graph) == GraphCoding.json(of: compiled.graph))
        #expect(plain.signature == compiled.signature)
    }

    @Test func keysAreDrawnAsByTheNetwork() throws {
        let network = Sequential {
            Dense(16, inputs: 4)
            Dropout(0.5)
            Dense(8, inputs: 16)
            Dropout(0.25)
        }
        let x = NDArray.ones([2, 4])
        let model = try network.model(for: [x.type], mode: .train)
        #expect(model.signature.inputs.map(\.name) == ["input"])
        #expect(model.signature.randomKeys == ["key0", "key1"])
        RandomSource.seed(11)
        let expected = try (0..<3).map { _ in try bits(withMode(.train) { network(x) }) }
        #expect(expected[0] != expected[1])
        for model in try bothWays(model) {
            RandomSource.seed(11)
            #expect(try (0..<3).map { _ in try bits(model([x])[0]) } == expected)
        }
        let predicting = try network.model(for: [x.type])
        #expect(predicting.signature.randomKeys.isEmpty)
    }

    @Test func trainingModelsGiveTheGradientsOfTheNetwork() throws {
        let network = Sequential {
            Conv2D(4, kernel: 3, activation: .tanh)
            Flatten()
            Dropout(0.5)
            Dense(5)
        }
        let x = Self.images(2)
        let model = try network.trainingModel(for: [x.type])
        let names = network.parameters.map(\.name)
        #expect(model.signature.inputs.map(\.name) == ["input", "cotangent"])
        #expect(
            model.signature.outputs.map(\.name) == ["output"] + names.map { "gradient.\($0)" })
        #expect(model.signature.randomKeys == ["key"])
        let cotangent = NDArray((0..<10).map { Float($0) - 4 }, shape: [2, 5])
        RandomSource.seed(3)
        let output = Autograd.record { network(x) }
        output.backward(seed: cotangent)
        for model in try bothWays(model) {
            RandomSource.seed(3)
            let found = try model(["input": x, "cotangent": cotangent])
            #expect(try bits(found["output"]) == bits(output))
            for element in network.parameters {
                #expect(
                    try bits(found["gradient.\(element.name)"])
                        == bits(element.parameter.gradient), "\(element.name)")
            }
        }
    }

    private struct Pair: ArrayStructure {
        var first: NDArray
        var second: NDArray
        var arrays: [NDArray] { [first, second] }
        init(arrays: [NDArray]) { (first, second) = (arrays[0], arrays[1]) }
        init(_ first: NDArray, _ second: NDArray) { (self.first, self.second) = (first, second) }
        static var arrayCount: Int? { 2 }
    }

    private struct Mixer: Block {
        let weight = Parameter(NDArray([2, 3] as [Float]))
        let unused = Parameter(NDArray([1] as [Float]))
        let shift: NDArray
        func forward(_ input: Pair) -> Pair {
            Pair(
                input.first * weight.wrappedValue + shift,
                input.second .> input.first)
        }
    }

    @Test func severalArraysAreNumbered() throws {
        let mixer = Mixer(shift: NDArray([10, 20] as [Float]))
        let type = TensorType(.f32, [2])
        let model = try mixer.model(for: [type, type])
        #expect(model.signature.inputs.map(\.name) == ["input0", "input1"])
        #expect(model.signature.outputs.map(\.name) == ["output0", "output1"])
        #expect(model.signature.parameters.map(\.name) == ["weight", "captured.0"])
        let (a, b) = (NDArray([1, 2] as [Float]), NDArray([3, 0] as [Float]))
        let results = model([a, b])
        #expect(try results[0].scalars(as: Float.self) == [12, 26])
        #expect(try results[1].scalars(as: Bool.self) == [true, false])

        let training = try mixer.trainingModel(for: [type, type], inputNames: ["a", "b"])
        #expect(training.signature.inputs.map(\.name) == ["a", "b", "cotangent0"])
        #expect(
            training.signature.outputs.map(\.name) == ["output0", "output1", "gradient.weight"])
        #expect(try training([a, b, a])[2].scalars(as: Float.self) == [1, 4])
    }

    @Test func parametersThatAreNotListedAreCaptured() throws {
        let weight = Parameter(NDArray([2, 3] as [Float]))
        let shift = NDArray([1, 1] as [Float])
        let type = TensorType(.f32, [2])
        let body: (NDArray) -> NDArray = { $0 * weight.wrappedValue + shift - shift.exp() }
        let model = try Model(tracing: body, for: [type])
        #expect(model.signature.parameters.map(\.name) == ["captured.0", "captured.1"].sorted())
        let x = NDArray([5, 7] as [Float])
        #expect(try bits(model([x])[0]) == bits(body(x)))
        let training = try Model(
            tracingGradientsOf: body, for: [type], parameters: [("w", weight)])
        #expect(training.signature.parameters.map(\.name) == ["w", "captured.0"])
        #expect(training.signature.outputs.map(\.name) == ["output", "gradient.w"])
        weight.gradientMode = .none
        let frozen = try Model(
            tracingGradientsOf: body, for: [type], parameters: [("w", weight)])
        #expect(frozen.signature.outputs.map(\.name) == ["output"])
    }

    @Test func modelsArePartsOfWhatIsTracedAndRecorded() throws {
        let layer = Dense(2, inputs: 3, activation: .tanh)
        let x = NDArray([1, -2, 0.5] as [Float], shape: [1, 3])
        let expected = try bits(gradient(at: x) { layer($0).square() })
        for model in try bothWays(layer.model(for: [x.type])) {
            #expect(try bits(gradient(at: x) { model([$0])[0].square() }) == expected)
            let fast = hybridize { (x: NDArray) in model([x])[0] + 1 }
            #expect(try bits(fast(x)) == bits(layer(x) + 1))
        }
    }

    @Test func mistakesAreThrown() throws {
        let layer = Dense(2, inputs: 3)
        let row = TensorType(.f32, [1, 3])
        func code(_ body: () throws -> Model) -> ModelError.Code? {
            #expect(throws: ModelError.self) { try body() }?.code
        }
        #expect(code { try layer.model(for: []) } == .missing)
        #expect(code { try layer.model(for: [row, row]) } == .unexpected)
        #expect(code { try layer.model(for: [row], inputNames: []) } == .missing)
        #expect(code { try layer.model(for: [row], inputNames: ["weight"]) } == .duplicateName)
        #expect(
            code { try layer.model(for: [row], options: .init(disabling: ["x"])) }
                == .invalidOptions)
        let shape = #expect(throws: ArrayError.self) {
            try layer.model(for: [TensorType(.f32, [1, 4])])
        }
        #expect(shape?.description.contains("[2, 4]") == true)
        // The layer learns its width, and no memory holds the weight.
        let large = #expect(throws: ArrayError.self) {
            try Sequential { Dense(1000) }.model(for: [TensorType(.f32, [1, 1 << 31])])
        }
        #expect(large?.code == .outOfMemory)
        let rank = #expect(throws: ArrayError.self) {
            try Models.lenet(height: 8, width: 8, classes: 10).model(for: [row])
        }
        #expect(rank?.description.contains("conv2d") == true)
        for body in [
            { (x: NDArray) -> NDArray in
                layer.$weight.update { $0 *= 2 }
                return layer(x)
            },
            { (x: NDArray) -> NDArray in
                let loss = Autograd.record { layer(x).sum() }
                loss.backward()
                return loss
            },
        ] {
            let error = #expect(throws: ModelError.self) {
                try Model(tracing: body, for: [row], parameters: [("w", layer.$weight)])
            }
            #expect(error?.code == .sideEffect)
            #expect(error?.message.contains("changes the parameter 'w'") == true)
        }
    }
}
