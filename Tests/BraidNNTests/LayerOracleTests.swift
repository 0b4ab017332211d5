import Braid
import BraidTestSupport
import Testing

struct LayerOracleTests {
    private static func layer(_ oracle: NetworkOracle) throws -> any Block<NDArray, NDArray> {
        if let activation = Activation.allCases.first(where: {
            "\($0)" == oracle.name || "\($0)".hasPrefix("\(oracle.name)(")
        }) {
            return activation
        }
        switch oracle.name {
        case "prelu":
            let layer = PReLU(channels: 3, dtype: .f64)
            layer.$slope.wrappedValue = try oracle.array("weight")
            return layer
        case "reflection padding": return Pad2D([1, 3], mode: .reflect)
        case "edge padding": return Pad1D(2, mode: .edge)
        case "pixel shuffle": return PixelShuffle2D(2)
        case "upsampling": return Upsample(2)
        default: throw Missing(name: oracle.name)
        }
    }

    private struct Missing: Error { let name: String }

    @Test(arguments: try NetworkOracle.cases(of: "layers"))
    func followsPyTorch(_ oracle: NetworkOracle) throws {
        let layer = try Self.layer(oracle)
        let x = Parameter(try oracle.array("x"))
        let output = Autograd.record { layer.forward(x.wrappedValue) }
        output.backward(seed: try oracle.array("cotangent"))
        #expect(try difference(output, oracle.array("output")) == nil)
        #expect(try difference(#require(x.gradient), oracle.array("gradient")) == nil)
    }

    @Test func everyActivationHasACase() throws {
        let names = Set(try NetworkOracle.cases(of: "layers").map(\.name))
        for activation in Activation.allCases {
            #expect(names.contains("\(activation)".split(separator: "(")[0].description))
        }
    }

    @Test func shapes() throws {
        let rows: [(any Block<NDArray, NDArray>, Shape, Shape)] = [
            (PixelShuffle1D(3), [2, 6, 4], [2, 2, 12]),
            (PixelShuffle2D([2, 1]), [1, 4, 2, 3], [1, 2, 4, 3]),
            (PixelShuffle3D([2, 1, 2]), [1, 8, 2, 3, 4], [1, 2, 4, 3, 8]),
            (Pad3D([1, 0, 2]), [1, 1, 2, 3, 4], [1, 1, 4, 3, 8]),
            (Upsample(3), [1, 2, 2], [1, 2, 6]),
            (Branches { for _ in 0..<2 { Dense(3) } }, [4, 5], [4, 6]),
            (
                Branches(axis: 2) {
                    Identity(); Identity()
                }, [1, 2, 3], [1, 2, 6]
            ),
        ]
        for (layer, input, output) in rows {
            #expect(layer.forward(.ones(input)).shape == output, "\(layer)")
        }
    }

    @Test func mistakesNameTheLayer() {
        let mistakes: [(any Block<NDArray, NDArray>, Shape, String)] = [
            (PReLU(channels: 3), [2, 4], "[batch, 3, …]"),
            (Pad2D(1), [1, 2, 3], "pad2d"),
            (PixelShuffle2D(2), [1, 6, 2, 2], "pixel_shuffle2d"),
        ]
        for (layer, shape, part) in mistakes {
            let error = #expect(throws: ArrayError.self) {
                try validating { layer.forward(.ones(shape)) }
            }
            #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
        }
    }
}
