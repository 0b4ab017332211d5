import BraidCore
import BraidGraph
import BraidOperators

/// A model by hand: its outputs and the variables that they are computed from.
struct Network {
    let name: String
    let graph: Graph

    private init(_ name: String, _ outputs: [Symbol], _ inputs: [Symbol]) {
        self.name = name
        graph = Graph(outputs, from: inputs)
    }

    /// All models, forward and with the gradients of their parameters, and a step of their training.
    static let all: [Network] = [perceptron(), lenet()].flatMap { model in
        let losses = softmaxCrossEntropy(ofRows: model.scores, model.labels)
        let inputs = [model.images, model.labels] + model.parameters
        let found = gradients(
            of: [losses.mean()], cotangents: [.ones([])], at: model.parameters
        ).compactMap(\.self)
        let updated = zip(model.parameters, found).map { $0 - $1 * 0.1 }
        return [
            Network("\(model.name), forward", [model.scores], inputs),
            Network("\(model.name), gradients", [losses] + found, inputs),
            Network("\(model.name), training", [losses.mean()] + updated, inputs),
        ]
    }

    private struct Model {
        let name: String
        let images: Symbol
        let labels: Symbol
        let parameters: [Symbol]
        let scores: Symbol
    }

    private static func perceptron() -> Model {
        let images = Symbol.variable("images", .f32, [4, 784])
        var (x, parameters) = (images, [Symbol]())
        for (index, width) in [128, 64, 10].enumerated() {
            let weight = Symbol.variable("weight", .f32, [width, x.shape[1]])
            let bias = Symbol.variable("bias", .f32, [width])
            parameters += [weight, bias]
            x = x.matmul(weight.transposed()) + bias
            if index < 2 { x = x.relu() }
        }
        return Model(
            name: "perceptron", images: images, labels: .variable("labels", .i32, [4]),
            parameters: parameters, scores: x)
    }

    private static func lenet() -> Model {
        let images = Symbol.variable("images", .f32, [2, 1, 28, 28])
        var (x, parameters) = (images, [Symbol]())
        for channels in [20, 50] {
            let weight = Symbol.variable("weight", .f32, [channels, x.shape[1], 5, 5])
            let bias = Symbol.variable("bias", .f32, [channels])
            parameters += [weight, bias]
            x = (x.convolution(weight) + bias.reshaped(to: [channels, 1, 1])).tanh()
            x = x.maxPooled(kernel: 2)
        }
        x = x.flattened(from: 1)
        for width in [500, 10] {
            let weight = Symbol.variable("weight", .f32, [width, x.shape[1]])
            let bias = Symbol.variable("bias", .f32, [width])
            parameters += [weight, bias]
            x = x.matmul(weight.transposed()) + bias
            if width == 500 { x = x.tanh() }
        }
        return Model(
            name: "LeNet", images: images, labels: .variable("labels", .i32, [2]),
            parameters: parameters, scores: x)
    }
}
