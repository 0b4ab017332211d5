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
    /// The number of classes that a classifier has scores for when nothing else is asked for; nil for
    /// networks that give something else.
    public let classes: Int?
    private let make: @Sendable ([TensorType], Int?) throws(ArrayError) -> AnyBlock

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
        classes = nil
        make = { types, _ throws(ArrayError) in AnyBlock(try build(types)) }
    }

    /// A classifier by name: its one output is scores, `[batch, classes]`.
    /// - Parameters:
    ///   - input: the input's type when nothing else is asked for.
    ///   - classes: the number of classes when nothing else is asked for.
    ///   - build: as of the other initialiser, for an input of the given type and so many classes.
    public init<Network: Block>(
        _ name: String, _ summary: String, input: TensorType, classes: Int,
        build: @escaping @Sendable (TensorType, Int) throws(ArrayError) -> Network
    ) where Network.Input: ArrayStructure, Network.Output: ArrayStructure {
        self.name = name
        self.summary = summary
        inputs = [input]
        self.classes = classes
        make = { types, wanted throws(ArrayError) in
            AnyBlock(try build(types[0], wanted ?? classes))
        }
    }

    /// The network for inputs of the given types and so many classes; the usual ones when nil.
    /// - Throws: `ArrayError` when the network takes no such inputs, or is no classifier and `classes` is
    ///   given. What only its layers know they report when it is called.
    public func build(
        for types: [TensorType]? = nil, classes: Int? = nil
    ) throws(ArrayError) -> AnyBlock {
        let types = types ?? inputs
        guard classes == nil || self.classes != nil else {
            throw ArrayError(
                .invalidValue, in: name, "gives no scores of classes; \(classes!) were asked for")
        }
        guard types.count == inputs.count else {
            throw ArrayError(
                .shapeMismatch, in: name,
                "takes \(inputs.count) input\(inputs.count == 1 ? "" : "s"), such as "
                    + inputs.map { "\($0)" }.joined(separator: ", ") + "; \(types.count) were given"
            )
        }
        // What layers refuse, such as no classes, is thrown.
        do {
            return try validating { try make(types, classes) }
        } catch {
            throw error as? ArrayError ?? ArrayError(.invalidValue, in: name, "\(error)")
        }
    }
}

extension NamedNetwork {
    /// The networks of this package; commands take the first when none is named.
    public static let builtIn: [NamedNetwork] = [
        lenet, mlp, resnet18, resnet50, mobilenetv2, bert, gpt, lstm, lstmLanguageModel,
    ]

    /// `Models.mlp`.
    public static let mlp = NamedNetwork(
        "mlp", "Multi-layer perceptron, 128 and 64 hidden units",
        input: TensorType(.f32, [1, 784]), classes: 10
    ) { _, classes in Models.mlp(classes: classes) }

    /// `Models.lenet`.
    public static let lenet = NamedNetwork(
        "lenet", "LeNet, two convolutions and two dense layers",
        input: TensorType(.f32, [1, 1, 28, 28]), classes: 10
    ) { image, classes throws(ArrayError) in
        try checkImage(image, for: "lenet")
        return Models.lenet(height: image.shape[2], width: image.shape[3], classes: classes)
    }

    /// `Models.resnet18`.
    public static let resnet18 = NamedNetwork(
        "resnet18", "ResNet-18 for small images, eight residual blocks",
        input: TensorType(.f32, [1, 3, 32, 32]), classes: 10
    ) { image, classes throws(ArrayError) in
        try checkImage(image, for: "resnet18")
        return Models.resnet18(classes: classes, channels: image.shape[1])
    }

    /// `Models.resnet50`.
    public static let resnet50 = NamedNetwork(
        "resnet50", "ResNet-50 v1.5, 16 bottleneck blocks",
        input: TensorType(.f32, [1, 3, 224, 224]), classes: 1_000
    ) { image, classes throws(ArrayError) in
        try checkImage(image, for: "resnet50")
        return Models.resnet50(classes: classes, channels: image.shape[1])
    }

    /// `Models.mobilenetv2`.
    public static let mobilenetv2 = NamedNetwork(
        "mobilenetv2", "MobileNetV2, 17 inverted residual blocks",
        input: TensorType(.f32, [1, 3, 224, 224]), classes: 1_000
    ) { image, classes throws(ArrayError) in
        try checkImage(image, for: "mobilenetv2")
        return Models.mobilenetv2(classes: classes, channels: image.shape[1])
    }

    private static func checkImage(_ image: TensorType, for name: String) throws(ArrayError) {
        if image.rank == 4 { return }
        throw ArrayError(
            .shapeMismatch, in: name,
            "takes images [batch, channels, height, width], not shape \(image.shape)")
    }
}
