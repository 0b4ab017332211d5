import Braid
import Testing

struct ConvolutionLayerTests {
    @Test func layersHaveTorchsShapes() {
        let rows: [(any Block<NDArray, NDArray>, [Int], weight: [Int], result: [Int])] = [
            (Conv1D(6, kernel: 3, stride: 2, groups: 2), [2, 4, 9], [6, 2, 3], [2, 6, 4]),
            (
                Conv2D(6, kernel: 3, padding: 1, groups: 3), [2, 3, 5, 7], [6, 1, 3, 3],
                [2, 6, 5, 7]
            ),
            (Conv3D(2, kernel: [1, 2, 3]), [1, 3, 4, 4, 4], [2, 3, 1, 2, 3], [1, 2, 4, 3, 2]),
            (ConvTranspose1D(6, kernel: 3, stride: 2), [1, 4, 5], [4, 6, 3], [1, 6, 11]),
            (
                ConvTranspose2D(
                    6, kernel: 3, stride: 2, padding: 1, outputPadding: 1, groups: 2),
                [1, 4, 5, 6], [4, 3, 3, 3], [1, 6, 10, 12]
            ),
            (
                ConvTranspose3D(1, kernel: 2, stride: [1, 2, 3]), [1, 2, 2, 2, 2], [2, 1, 2, 2, 2],
                [1, 1, 3, 4, 5]
            ),
        ]
        for (layer, input, weight, result) in rows {
            #expect(layer.parameters.map(\.name) == ["weight", "bias"])
            #expect(layer.forward(.ones(Shape(input))).shape == Shape(result))
            #expect(layer.parameters["weight"]?.shape == Shape(weight))
            #expect(layer.parameters["bias"]?.shape == [result[1]])
        }
    }

    @Test func knownInputsGiveTheShapeBeforeTheFirstCall() {
        #expect(Conv2D(6, kernel: [3, 1], groups: 2, inputs: 4).$weight.shape == [6, 2, 3, 1])
        #expect(ConvTranspose1D(6, kernel: 3, groups: 2, inputs: 4).$weight.shape == [4, 3, 3])
    }

    @Test func mistakesNameTheLayer() {
        let mistakes: [(any Block<NDArray, NDArray>, Shape, [String])] = [
            (Conv2D(4, kernel: 3), [1, 3, 8], ["conv2d", "[1, 3, 8]", "2 spatial axes"]),
            (Conv1D(4, kernel: 3, groups: 2), [1, 3, 8], ["conv1d", "[1, 3, 8]", "2 groups"]),
            (ConvTranspose3D(4, kernel: 3), [1, 3, 8, 8], ["conv_transpose3d", "[1, 3, 8, 8]"]),
            (Conv2D(4, kernel: 3, inputs: 3), [1, 2, 8, 8], ["[4, 3, 3, 3]", "[4, 2, 3, 3]"]),
            (GlobalAveragePool2D(), [1, 3, 8], ["global_average_pool2d", "[1, 3, 8]"]),
            (MaxPool2D(2), [1, 3, 8], ["max_pool2d", "[1, 3, 8]", "2 spatial axes"]),
            (AdaptiveAveragePool1D(2), [1, 3, 4, 4], ["adaptive_average_pool1d", "[1, 3, 4, 4]"]),
            (
                ConvTranspose2D(1, kernel: 2, outputPadding: 1), [1, 1, 2, 2],
                ["transposed_convolution", "outputPadding (1, 1)", "stride (1, 1)"]
            ),
        ]
        for (layer, shape, mentions) in mistakes {
            let error = #expect(throws: ArrayError.self) {
                try validating { layer.forward(.ones(shape)) }
            }
            for part in mentions {
                #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
            }
        }
    }

    @Test func poolingLayersComputeTheirDefinitions() throws {
        let x = NDArray.range(from: 0, step: 1, count: 10).reshaped(to: [1, 2, 5])
        func values(_ layer: some Block<NDArray, NDArray>) throws -> [Float] {
            try layer.forward(x).scalars(as: Float.self)
        }
        #expect(try values(MaxPool1D(2)) == [1, 3, 6, 8])
        #expect(try values(MaxPool1D(2, roundsUp: true)) == [1, 3, 4, 6, 8, 9])
        #expect(try values(AveragePool1D(2, roundsUp: true)) == [0.5, 2.5, 4, 5.5, 7.5, 9])
        #expect(try values(AdaptiveAveragePool1D(2)) == [1, 3, 6, 8])
        #expect(try values(AdaptiveMaxPool1D(3)) == [1, 3, 4, 6, 8, 9])
        #expect(try values(GlobalAveragePool1D()) == [2, 7])
        #expect(try values(GlobalMaxPool1D()) == [4, 9])
    }
}
