public import BraidCore
import BraidOperators
public import BraidRuntime

/// One step of an `RNN`: `h' = tanh(x W_ihᵀ + b_ih + h W_hhᵀ + b_hh)`, or with a rectifier. Takes and returns
/// the state `h` `[batch, units]`, which is its output, too. The parameters are `weight_ih`
/// `[units, inputs]`, `weight_hh` `[units, units]`, `bias_ih`, `bias_hh` `[units]`.
public struct RNNCell: RecurrentCell, SelfNamingBlock {
    private let weights: RecurrentWeights

    /// A cell of so many units; the parameters are as in `RNN`.
    public init(
        _ units: Int, activation: RNN.Activation = .tanh, usesBias: Bool = true,
        inputs: Int? = nil, initializer: Initializer? = nil, dtype: DType = .f32,
        fileID: StaticString = #fileID, line: UInt = #line
    ) {
        weights = RecurrentWeights(
            ArgumentCheck("rnn_cell", fileID, line), activation == .tanh ? .tanh : .relu, units,
            inputs: inputs, usesBias: usesBias,
            initializer: initializer, dtype: dtype)
    }

    /// Takes one step.
    public func forward(_ step: RecurrentStep) -> RecurrentStep {
        weights.step(step, layer: "rnn_cell")
    }
    /// The state, of zeros.
    public func initialState(for input: NDArray) -> [NDArray] { weights.initialState(for: input) }
    var namedParameters: [(name: String, parameter: Parameter)] { weights.named() }
}

/// One step of an `LSTM`. Takes and returns the hidden state, which is its output, too, and that of the
/// cells, `[batch, units]` each. The parameters are `weight_ih` `[4 units, inputs]`, `weight_hh`
/// `[4 units, units]`, `bias_ih`, `bias_hh` `[4 units]`, gates in the order input, forget, new, output.
public struct LSTMCell: RecurrentCell, SelfNamingBlock {
    private let weights: RecurrentWeights

    /// A cell of so many units; the parameters are as in `LSTM`.
    public init(
        _ units: Int, usesBias: Bool = true, inputs: Int? = nil, initializer: Initializer? = nil,
        dtype: DType = .f32, fileID: StaticString = #fileID, line: UInt = #line
    ) {
        weights = RecurrentWeights(
            ArgumentCheck("lstm_cell", fileID, line), .lstm, units, inputs: inputs,
            usesBias: usesBias, initializer: initializer,
            dtype: dtype)
    }

    /// Takes one step.
    public func forward(_ step: RecurrentStep) -> RecurrentStep {
        weights.step(step, layer: "lstm_cell")
    }
    /// The state, of zeros.
    public func initialState(for input: NDArray) -> [NDArray] { weights.initialState(for: input) }
    var namedParameters: [(name: String, parameter: Parameter)] { weights.named() }
}

/// One step of a `GRU`. Takes and returns the state `[batch, units]`, which is its output, too. The
/// parameters are `weight_ih` `[3 units, inputs]`, `weight_hh` `[3 units, units]`, `bias_ih`, `bias_hh`
/// `[3 units]`, gates in the order reset, update, new.
public struct GRUCell: RecurrentCell, SelfNamingBlock {
    private let weights: RecurrentWeights

    /// A cell of so many units; the parameters are as in `GRU`.
    public init(
        _ units: Int, usesBias: Bool = true, inputs: Int? = nil, initializer: Initializer? = nil,
        dtype: DType = .f32, fileID: StaticString = #fileID, line: UInt = #line
    ) {
        weights = RecurrentWeights(
            ArgumentCheck("gru_cell", fileID, line), .gru, units, inputs: inputs,
            usesBias: usesBias, initializer: initializer,
            dtype: dtype)
    }

    /// Takes one step.
    public func forward(_ step: RecurrentStep) -> RecurrentStep {
        weights.step(step, layer: "gru_cell")
    }
    /// The state, of zeros.
    public func initialState(for input: NDArray) -> [NDArray] { weights.initialState(for: input) }
    var namedParameters: [(name: String, parameter: Parameter)] { weights.named() }
}

extension RecurrentWeights {
    /// A sequence of one step.
    fileprivate func step(_ step: RecurrentStep, layer: String) -> RecurrentStep {
        guard step.value.rank == 2, step.state.count == stateCount else {
            ArrayError(
                .shapeMismatch, in: layer,
                "takes [batch, inputs] and \(stateCount) state arrays, not shape "
                    + "\(step.value.shape) and \(step.state.count)"
            ).report()
            return step
        }
        let states = states(
            after: step.value.expandingDimension(at: 0), from: step.state, layer: layer
        ).map { $0.squeezed(at: 0) }
        // After a report.
        guard states.count == stateCount else { return step }
        return RecurrentStep(states[0], state: states)
    }

    fileprivate func initialState(for input: NDArray) -> [NDArray] {
        (0..<stateCount).map { _ in .zeros([input.shape[0], units], dtype: input.dtype) }
    }
}
