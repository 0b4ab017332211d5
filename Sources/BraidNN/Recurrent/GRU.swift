public import BraidCore
import BraidOperators
public import BraidRuntime

/// Gated recurrent units (Cho et al., 2014), with the reset gate behind the product, as in PyTorch and
/// cuDNN: `r = σ(x W_irᵀ + b_ir + h W_hrᵀ + b_hr)`, `z` alike, `n = tanh(x W_inᵀ + b_in + r (h W_hnᵀ +
/// b_hn))`, `h' = (1 - z) n + z h`. The gates stand in the order r, z, n.
///
/// Takes `[steps, batch, inputs]`, returns `[steps, batch, directions · units]`. Parameters have PyTorch's
/// names, order and gates: `weight_ih_l0` `[3 units, inputs]`, `weight_hh_l0` `[3 units, units]`,
/// `bias_ih_l0`, `bias_hh_l0` `[3 units]`, and so on for `l1`, with `_reverse` for the other direction.
public struct GRU: Block, SelfNamingBlock {
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
        let check = ArgumentCheck("gru", fileID, line)
        let options = RecurrentOptions(
            layers: layers, isBidirectional: isBidirectional, dropout: dropout,
            isBatchFirst: isBatchFirst, usesBias: usesBias)
        stack = RecurrentStack(
            check, .gru, units, options, inputs: inputs, initializer: initializer,
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
