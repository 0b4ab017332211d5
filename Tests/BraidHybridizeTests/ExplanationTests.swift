import ArgumentParser
import Braid
import BraidHybridize
import Testing

struct ExplanationTests {
    private func lines(_ model: Model) -> [String] {
        Explanation(model).text.split(separator: "\n").map(String.init)
    }

    @Test func capturesAndBakedValuesWithTheirOperators() throws {
        let (network, types) = try OwnNetworks.build("mixture")
        let text = lines(try network.model(for: types))
        func has(_ parts: String...) -> Bool {
            text.contains { line in parts.allSatisfy { line.contains($0) } }
        }
        #expect(has("parameter", "dense.weight", "f32[5, 6]", "transpose"))
        #expect(has("parameter", "table", "f32[2, 5]", "gather"))
        #expect(has("captured array", "captured.0", "f32[5]", "add"))
        #expect(has("1.5", "scalar", "multiply_scalar", "add"))
        #expect(has("gather", "axis=0"))
        #expect(!has("random key", "bernoulli"), "no dropout in prediction")
    }

    @Test func randomKeys() throws {
        let network = Sequential {
            Dense(3, inputs: 2)
            Dropout(0.25)
        }
        let text = lines(try network.trainingModel(for: [TensorType(.f32, [1, 2])]))
        #expect(text.contains { $0.contains("random key") && $0.contains("random_bernoulli") })
        #expect(text.contains { $0.contains("0.75") && $0.contains("probability") })
    }

    @Test func nothingCaptured() throws {
        let (network, types) = try OwnNetworks.build("integers")
        let text = lines(try network.model(for: types))
        #expect(
            text == [
                "Captures: none, the graph reads its inputs only.",
                "Baked host values: no numbers.",
            ])
    }

    @Test func ownNetworksAreListedAndTraced() throws {
        #expect(HybridizeCommand<OwnNetworks>.helpMessage().contains(/mixture +Two inputs/))
        #expect(!HybridizeCommand<BuiltInNetworks>.helpMessage().contains("mixture"))
    }
}
