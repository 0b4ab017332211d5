public import BraidCore
public import BraidGraph
public import BraidRuntime

/// Models of networks: their traced graphs with the parameters that they have now.
extension Block where Input: ArrayStructure, Output: ArrayStructure {
    /// A model of this network for inputs of the given types.
    ///
    /// ```swift
    /// let model = try network.model(for: [TensorType(.f32, [1, 1, 8, 8])])
    /// try model.write(to: "digits.braid")
    /// ```
    /// Its parameters have the names that they have in `parameters`; running averages do not move. Layers
    /// that do not know their input width yet learn it here.
    /// - Parameters:
    ///   - inputs: a type for each array of `Input`.
    ///   - mode: whether layers behave as in training or as in prediction.
    ///   - inputNames: the names of the inputs; `input` for one, `input0`, `input1`, … for several when
    ///     nil.
    ///   - outputNames: in the same way, with `output`.
    ///   - options: how the graph will be optimised, here and after loading.
    ///   - metadata: what else a file should say, by key.
    /// - Throws: the `ArrayError` of inputs that do not fit the network, or of a parameter that no memory
    ///   holds; `ModelError` when there is not one type for each array of `Input`, names are missing or
    ///   occur twice, `forward` changes parameters or reads gradients, or the options name a pass that
    ///   there is not.
    public func model(
        for inputs: [TensorType], mode: Mode = .predict, inputNames: [String]? = nil,
        outputNames: [String]? = nil, options: OptimizationOptions = OptimizationOptions(),
        metadata: [String: String] = [:]
    ) throws -> Model {
        try Model(
            tracing: forward, for: inputs, parameters: namedParameters, mode: mode,
            inputNames: inputNames, outputNames: outputNames, options: options, metadata: metadata)
    }

    /// A model of this network and of its gradients, forward and backward in one graph.
    ///
    /// After the network's inputs it takes the cotangents of the outputs (`cotangent` for one output,
    /// `cotangent0`, … for several; ones make an output stand for its sum), and after the network's
    /// outputs it returns `gradient.NAME` for each parameter that `forward` reads and whose
    /// `gradientMode` is not `.none`.
    /// - Throws: as `model(for:)`.
    public func trainingModel(
        for inputs: [TensorType], mode: Mode = .train, inputNames: [String]? = nil,
        outputNames: [String]? = nil, options: OptimizationOptions = OptimizationOptions(),
        metadata: [String: String] = [:]
    ) throws -> Model {
        try Model(
            tracingGradientsOf: forward, for: inputs, parameters: namedParameters, mode: mode,
            inputNames: inputNames, outputNames: outputNames, options: options, metadata: metadata)
    }

    private var namedParameters: [(name: String, parameter: Parameter)] {
        parameters.map { ($0.name, $0.parameter) }
    }
}
