public import BraidCore
public import BraidGraph

/// Models of traced functions. Networks have `model(for:)` and `trainingModel(for:)`.
extension Model {
    /// A model of what `body` computes from arrays of the given types.
    ///
    /// ```swift
    /// let model = try Model(tracing: { (x: NDArray) in x.softmax(axis: 1) }, for: [TensorType(.f32, [1, 10])])
    /// try model.write(to: "softmax.braid")
    /// ```
    /// The model's graph is the traced one, before any pass. The values that parameters have now become
    /// parameters of the model under the given names; parameters that are not listed and arrays that
    /// `body` captured become `captured.0`, `captured.1`, … in the order of first use. Running averages
    /// (`moveAverage`) do not move. Keys of random operators are drawn at every call, as often and in the
    /// same order as by `body` itself.
    /// - Parameters:
    ///   - body: does the same for all arguments of the same types, as in `hybridize`.
    ///   - inputs: a type for each array of `Input`.
    ///   - parameters: names of parameters that `body` reads; those that it does not read are left out.
    ///   - mode: whether layers behave as in training or as in prediction.
    ///   - inputNames: the names of the inputs; `input` for one, `input0`, `input1`, … for several when
    ///     nil.
    ///   - outputNames: in the same way, with `output`.
    ///   - options: how the graph will be optimised, here and after loading.
    ///   - metadata: what else a file should say, by key.
    /// - Throws: the `ArrayError` of a mistake in `body`, or of a parameter that no memory holds;
    ///   `ModelError` when there is not one type for each array of `Input`, names are missing or occur
    ///   twice, `body` changes parameters or reads gradients, or the options name a pass that there is not.
    public convenience init<Input: ArrayStructure, Output: ArrayStructure>(
        tracing body: (Input) -> Output, for inputs: [TensorType],
        parameters: [(name: String, parameter: Parameter)] = [], mode: Mode = .predict,
        inputNames: [String]? = nil, outputNames: [String]? = nil,
        options: OptimizationOptions = OptimizationOptions(), metadata: [String: String] = [:]
    ) throws {
        try self.init(
            ModelTrace.Request(
                inputs: inputs, parameters: parameters, mode: mode, inputNames: inputNames,
                outputNames: outputNames, wantsGradients: false),
            body, options, metadata)
    }

    /// A model of what `body` computes and of the gradients of the parameters that it reads.
    ///
    /// After the inputs of `body` the model takes the cotangent of each floating-point output:
    /// `cotangent` for one output, and `cotangent0`, `cotangent1`, … after the positions of several.
    /// (Ones make an output stand for its sum.) After the outputs of `body` it returns
    /// `gradient.NAME` for each floating-point parameter that is read and whose `gradientMode` is not
    /// `.none`: zeros where nothing flows. Everything else is as in `init(tracing:for:)`.
    /// - Throws: as `init(tracing:for:)`.
    public convenience init<Input: ArrayStructure, Output: ArrayStructure>(
        tracingGradientsOf body: (Input) -> Output, for inputs: [TensorType],
        parameters: [(name: String, parameter: Parameter)] = [], mode: Mode = .train,
        inputNames: [String]? = nil, outputNames: [String]? = nil,
        options: OptimizationOptions = OptimizationOptions(), metadata: [String: String] = [:]
    ) throws {
        try self.init(
            ModelTrace.Request(
                inputs: inputs, parameters: parameters, mode: mode, inputNames: inputNames,
                outputNames: outputNames, wantsGradients: true),
            body, options, metadata)
    }

    private convenience init<Input: ArrayStructure, Output: ArrayStructure>(
        _ request: ModelTrace.Request, _ body: (Input) -> Output,
        _ options: OptimizationOptions, _ metadata: [String: String]
    ) throws {
        let count = request.inputs.count
        func mistake(_ expected: Int) -> ModelError {
            ModelError(
                count < expected ? .missing : .unexpected,
                "the traced code takes \(expected) arrays, but \(count) types were given")
        }
        if let expected = Input.arrayCount, expected != count { throw mistake(expected) }
        var taken = count
        let trace = try ModelTrace(request) { arguments in
            let input = Input(arrays: arguments)
            taken = input.arrays.count
            return body(input).arrays
        }
        guard taken == count else { throw mistake(taken) }
        try self.init(
            graph: trace.graph, parameters: trace.parameters, outputs: trace.outputNames,
            options: options, metadata: metadata)
    }
}
