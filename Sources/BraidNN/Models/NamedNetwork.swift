public import BraidCore
public import BraidRuntime

/// A network that commands find by its name.
///
/// ```swift
/// let tiny = NamedNetwork("tiny", "One dense layer", inputs: [TensorType(.f32, [1, 8])]) { _ in
///     Dense(2)
/// }
/// ```
public struct NamedNetwork: Sendable {
    /// The name, in lower case.
    public let name: String
    /// A few words on what it is.
    public let summary: String
    /// The inputs' types when nothing else is asked for, with a batch of one.
    public let inputs: [TensorType]
    private let make: @Sendable ([TensorType]) throws(ArrayError) -> AnyBlock

    /// A network by name.
    /// - Parameters:
    ///   - inputs: the inputs' types when nothing else is asked for; others have as many.
    ///   - build: makes the network for inputs of the given types, with initial values drawn from the
    ///     random source; throws an `ArrayError` where it takes no such inputs and no layer would say
    ///     so.
    public init<Network: Block>(
        _ name: String, _ summary: String, inputs: [TensorType],
        build: @escaping @Sendable ([TensorType]) throws(ArrayError) -> Network
    ) where Network.Input: ArrayStructure, Network.Output: ArrayStructure {
        self.name = name
        self.summary = summary
        self.inputs = inputs
        make = { types throws(ArrayError) in AnyBlock(try build(types)) }
    }

    /// The network for inputs of the given types; the usual ones when nil.
    /// - Throws: `ArrayError` when the network takes no such inputs. What only its layers know they
    ///   report when it is called.
    public func build(for types: [TensorType]? = nil) throws(ArrayError) -> AnyBlock {
        let types = types ?? inputs
        guard types.count == inputs.count else {
            throw ArrayError(
                .shapeMismatch, in: name,
                "takes \(inputs.count) input\(inputs.count == 1 ? "" : "s"), such as "
                    + inputs.map { "\($0)" }.joined(separator: ", ") + "; \(types.count) were given"
            )
        }
        return try make(types)
    }
}

extension NamedNetwork {
    /// The networks of this package.
    public static let builtIn: [NamedNetwork] = [
        mlp, lenet, resnet18, resnet50, mobilenetv2, bert, gpt, lstm, lstmLanguageModel,
    ]

    /// `Models.mlp` for 10 classes.
    public static let mlp = NamedNetwork(
        "mlp", "Multi-layer perceptron, 784-128-64-10",
        inputs: [TensorType(.f32, [1, 784])]
    ) { _ in Models.mlp() }

    /// `Models.lenet` for 10 classes.
    public static let lenet = NamedNetwork(
        "lenet", "LeNet, two convolutions and two dense layers",
        inputs: [TensorType(.f32, [1, 1, 28, 28])]
    ) { inputs throws(ArrayError) in
        let image = inputs[0]
        guard image.rank == 4 else {
            throw ArrayError(
                .shapeMismatch, in: "lenet",
                "takes images [batch, channels, height, width], not shape \(image.shape)")
        }
        return Models.lenet(height: image.shape[2], width: image.shape[3])
    }

    /// `Models.resnet18` for 10 classes.
    public static let resnet18 = NamedNetwork(
        "resnet18", "ResNet-18 for small images, eight residual blocks",
        inputs: [TensorType(.f32, [1, 3, 32, 32])]
    ) { _ in Models.resnet18() }

    /// `Models.resnet50` for 1,000 classes.
    public static let resnet50 = NamedNetwork(
        "resnet50", "ResNet-50 v1.5, 16 bottleneck blocks",
        inputs: [TensorType(.f32, [1, 3, 224, 224])]
    ) { _ in Models.resnet50() }

    /// `Models.mobilenetv2` for 1,000 classes.
    public static let mobilenetv2 = NamedNetwork(
        "mobilenetv2", "MobileNetV2, 17 inverted residual blocks",
        inputs: [TensorType(.f32, [1, 3, 224, 224])]
    ) { _ in Models.mobilenetv2() }
}
