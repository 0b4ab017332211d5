public import BraidCore
import BraidOperators
public import BraidRuntime

/// A recurrent layer (Elman, 1990): `h = tanh(x W_ihᵀ + b_ih + h W_hhᵀ + b_hh)`, or with a rectifier.
///
/// Takes `[steps, batch, inputs]`, returns `[steps, batch, directions · units]`. Parameters have PyTorch's
/// names, order and gates: `weight_ih_l0` `[units, inputs]`, `weight_hh_l0` `[units, units]`,
/// `bias_ih_l0`, `bias_hh_l0` `[units]`, and so on for `l1`, with `_reverse` for the other direction.
public struct RNN: Block, SelfNamingBlock {
    /// What is applied to the sum.
    public enum Activation: Sendable {
        /// The hyperbolic tangent.
        case tanh
        /// A rectifier.
        case relu
    }

    private let stack: RecurrentStack

    /// A layer of so many units.
    /// - Parameters:
    ///   - activation: what is applied to the sum.
    ///   - layers: how many stand above one another.
    ///   - isBidirectional: whether each layer also goes from the last step to the first; its outputs stand
    ///     side by side.
    ///   - dropout: the probability that, in training, an output of a layer below another is dropped.
    ///   - isBatchFirst: whether sequences are `[batch, steps, …]` instead of `[steps, batch, …]`.
    ///   - inputs: the extent of the last input dimension; learnt from the first input when nil.
    ///   - initializer: of the weights; uniform in `±1 / √units` when nil. Biases start with zeros.
    /// - Precondition: `units` and `layers` are at least 1, `dropout` is in `0..<1`.
    public init(
        _ units: Int, activation: Activation = .tanh, layers: Int = 1,
        isBidirectional: Bool = false, dropout: Double = 0,
        isBatchFirst: Bool = false, usesBias: Bool = true, inputs: Int? = nil,
        initializer: Initializer? = nil, dtype: DType = .f32,
        fileID: StaticString = #fileID, line: UInt = #line
    ) {
        let check = ArgumentCheck("rnn", fileID, line)
        let options = RecurrentOptions(
            layers: layers, isBidirectional: isBidirectional, dropout: dropout,
            isBatchFirst: isBatchFirst, usesBias: usesBias)
        stack = RecurrentStack(
            check, activation == .tanh ? .tanh : .relu, units, options, inputs: inputs,
            initializer: initializer,
            dtype: dtype)
    }

    /// The outputs, from states of zeros.
    public func forward(_ x: NDArray) -> NDArray {
        stack.run(x, from: nil, validLengths: nil).0
    }

    /// The outputs and the last state `[layers · directions, batch, units]`.
    /// - Parameters:
    ///   - state: the first state `[layers · directions, batch, units]`; zeros when nil.
    ///   - validLengths: integers `[batch]`: how many steps each sequence has. What stands behind does not
    ///     matter, be it NaN; outputs behind are zeros, and
    ///     the last state is that of a sequence's last step; the other direction begins there.
    public func callAsFunction(
        _ x: NDArray, state: NDArray?, validLengths: NDArray? = nil
    ) -> (output: NDArray, state: NDArray) {
        let (output, last) = stack.run(x, from: state.map { [$0] }, validLengths: validLengths)
        return (output, last[0])
    }

    var namedParameters: [(name: String, parameter: Parameter)] { stack.namedParameters }
}
