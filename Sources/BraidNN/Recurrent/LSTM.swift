public import BraidCore
import BraidOperators
public import BraidRuntime

/// Long short-term memory (Hochreiter and Schmidhuber, 1997): gates `i`, `f`, `o` are sigmoids and `g` a
/// `tanh` of `x Wᵀ + b + h Uᵀ + d`, `c' = f c + i g`, `h' = o tanh(c')`. They stand in the order i, f, g, o.
///
/// ```swift
/// let layer = LSTM(512, layers: 2)
/// let outputs = layer(x)                          // x [steps, batch, inputs]
/// let (same, state) = layer(x, state: nil)        // the last state as well
/// ```
///
/// Takes `[steps, batch, inputs]`, returns `[steps, batch, directions · units]`. Parameters have PyTorch's
/// names, order and gates: `weight_ih_l0` `[4 units, inputs]`, `weight_hh_l0` `[4 units, units]`,
/// `bias_ih_l0`, `bias_hh_l0` `[4 units]`, and so on for `l1`, with `_reverse` for the other direction.
public struct LSTM: Block, SelfNamingBlock {
    private let stack: RecurrentStack

    /// A layer of so many units.
    /// - Parameters:
    ///   - layers: how many stand above one another.
    ///   - isBidirectional: whether each layer also goes from the last step to the first; its outputs stand
    ///     side by side.
    ///   - dropout: the probability that, in training, an output of a layer below another is dropped.
    ///   - isBatchFirst: whether sequences are `[batch, steps, …]` instead of `[steps, batch, …]`.
    ///   - inputs: the extent of the last input dimension; learnt from the first input when nil.
    ///   - initializer: of the weights; uniform in `±1 / √units` when nil. Biases start with zeros.
    /// - Precondition: `units` and `layers` are at least 1, `dropout` is in `0..<1`.
    public init(
        _ units: Int, layers: Int = 1, isBidirectional: Bool = false, dropout: Double = 0,
        isBatchFirst: Bool = false, usesBias: Bool = true, inputs: Int? = nil,
        initializer: Initializer? = nil, dtype: DType = .f32,
        fileID: StaticString = #fileID, line: UInt = #line
    ) {
        let check = ArgumentCheck("lstm", fileID, line)
        let options = RecurrentOptions(
            layers: layers, isBidirectional: isBidirectional, dropout: dropout,
            isBatchFirst: isBatchFirst, usesBias: usesBias)
        stack = RecurrentStack(
            check, .lstm, units, options, inputs: inputs, initializer: initializer,
            dtype: dtype)
    }

    /// The outputs, from states of zeros.
    public func forward(_ x: NDArray) -> NDArray {
        stack.run(x, from: nil, validLengths: nil).0
    }

    /// The outputs and the last state.
    /// - Parameters:
    ///   - state: the first state; zeros when nil.
    ///   - validLengths: integers `[batch]`: how many steps each sequence has. What stands behind does not
    ///     matter, be it NaN; outputs behind are zeros, and
    ///     the last state is that of a sequence's last step; the other direction begins there.
    public func callAsFunction(
        _ x: NDArray, state: LSTMState?, validLengths: NDArray? = nil
    ) -> (output: NDArray, state: LSTMState) {
        let (output, last) = stack.run(
            x, from: state.map { [$0.hidden, $0.cell] }, validLengths: validLengths)
        return (output, LSTMState(hidden: last[0], cell: last[1]))
    }

    var namedParameters: [(name: String, parameter: Parameter)] { stack.namedParameters }
}

/// What an `LSTM` knows of the steps before: two arrays `[layers · directions, batch, units]`.
public struct LSTMState: ArrayStructure {
    /// What the layer gives out.
    public var hidden: NDArray
    /// What its cells hold.
    public var cell: NDArray

    /// A state from its parts.
    public init(hidden: NDArray, cell: NDArray) { (self.hidden, self.cell) = (hidden, cell) }
    /// A state from the hidden array and that of the cells.
    public init(arrays: [NDArray]) { self.init(hidden: arrays[0], cell: arrays[1]) }
    /// Hidden, then cell.
    public var arrays: [NDArray] { [hidden, cell] }
    /// Two.
    public static var arrayCount: Int? { 2 }
}
