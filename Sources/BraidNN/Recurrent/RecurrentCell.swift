import BraidCore
import BraidOperators
public import BraidRuntime

/// What a cell takes and gives at one step: an array `[batch, …]`, and the state between steps.
public struct RecurrentStep: ArrayStructure {
    /// The step's input or output.
    public var value: NDArray
    /// The state before or after it; as many arrays as the cell has.
    public var state: [NDArray]

    /// A step from its parts.
    public init(_ value: NDArray, state: [NDArray]) { (self.value, self.state) = (value, state) }
    /// The value, then the state.
    public init(arrays: [NDArray]) { self.init(arrays[0], state: Array(arrays.dropFirst())) }
    /// The value, then the state.
    public var arrays: [NDArray] { [value] + state }
}

/// A recurrent network of which one step is taken at a time, or whole sequences by `unrolled`.
///
/// ```swift
/// let cell = LSTMCell(128)
/// var step = RecurrentStep(x, state: cell.initialState(for: x))
/// step = cell(step)                               // step.value is the output
/// let (outputs, state) = cell.unrolled(sequence)  // [steps, batch, inputs]
/// ```
public protocol RecurrentCell: Block where Input == RecurrentStep, Output == RecurrentStep {
    /// The state, of zeros, before the first step of an input `[batch, …]`.
    func initialState(for input: NDArray) -> [NDArray]
}

extension RecurrentCell {
    /// The outputs `[steps, batch, …]` of a sequence `[steps, batch, inputs]`, and the last state.
    /// - Parameters:
    ///   - state: the first state; `initialState(for:)` when nil.
    ///   - validLengths: integers `[batch]`: how many steps each sequence has. What stands behind does not
    ///     matter; outputs behind are zeros, and the last state is that of a sequence's last step.
    ///   - isReversed: whether the last step is taken first.
    public func unrolled(
        _ x: NDArray, state: [NDArray]? = nil, validLengths: NDArray? = nil,
        isReversed: Bool = false
    ) -> (output: NDArray, state: [NDArray]) {
        guard x.rank >= 2, x.shape[0] > 0 else {
            ArrayError(
                .shapeMismatch, in: "unrolled",
                "takes [steps, batch, …] with at least one step, not shape \(x.shape)"
            ).report()
            return (x, [])
        }
        let lengths = validLengths.flatMap {
            $0.sequenceLengths(batch: x.shape[1], steps: x.shape[0], for: "unrolled")
        }
        let steps = x.unstacked()
        var state = state ?? initialState(for: steps[0])
        var outputs = steps
        for step in isReversed ? Array(steps.indices.reversed()) : Array(steps.indices) {
            guard let lengths else {
                let next = forward(RecurrentStep(steps[step], state: state))
                (outputs[step], state) = (next.value, next.state)
                continue
            }
            let isLonger = lengths .> Double(step)
            func chosen(_ new: NDArray, _ old: NDArray) -> NDArray {
                let places = [x.shape[1]] + [Int](repeating: 1, count: new.rank - 1)
                return select(isLonger.reshaped(to: places), new, old)
            }
            // What is behind a sequence's end reaches no gradient: what is not finite would, through products
            // with 0.
            let known = chosen(steps[step], .zeros([], dtype: x.dtype))
            let next = forward(RecurrentStep(known, state: state))
            outputs[step] = chosen(next.value, .zeros([], dtype: next.value.dtype))
            state = zip(next.state, state).map(chosen)
        }
        return (stacked(outputs), state)
    }
}
