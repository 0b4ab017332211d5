import BraidCore
import BraidOperators
public import BraidRuntime

/// Cells above one another: each takes the output of the one before. The state is theirs, in a row.
public struct SequentialCell: RecurrentCell {
    /// The cells in order.
    public let cells: [any RecurrentCell]

    /// A row of cells.
    public init(_ cells: [any RecurrentCell]) { self.cells = cells }

    /// Takes one step in every cell.
    public func forward(_ step: RecurrentStep) -> RecurrentStep {
        var (value, rest, state) = (step.value, step.state[...], [NDArray]())
        for cell in cells {
            let count = cell.initialState(for: value).count
            let next = cell.forward(RecurrentStep(value, state: Array(rest.prefix(count))))
            rest = rest.dropFirst(count)
            value = next.value
            state += next.state
        }
        return RecurrentStep(value, state: state)
    }

    /// The states of all cells.
    public func initialState(for input: NDArray) -> [NDArray] {
        cells.flatMap { $0.initialState(for: input) }
    }
}

/// `Dropout` between cells, without a state.
public struct DropoutCell: RecurrentCell {
    private let dropout: Dropout

    /// Drops with probability `rate`.
    /// - Precondition: `rate` is in `0..<1`.
    public init(_ rate: Double, fileID: StaticString = #fileID, line: UInt = #line) {
        dropout = Dropout(rate, fileID: fileID, line: line)
    }

    /// Drops elements in training.
    public func forward(_ step: RecurrentStep) -> RecurrentStep {
        RecurrentStep(dropout(step.value), state: step.state)
    }
    /// None.
    public func initialState(for input: NDArray) -> [NDArray] { [] }
}

/// A cell whose input is added to its output.
public struct ResidualCell<Base: RecurrentCell>: RecurrentCell {
    /// The cell.
    public let base: Base

    /// A cell with a way around it.
    public init(_ base: Base) { self.base = base }

    /// Takes one step and adds the input.
    public func forward(_ step: RecurrentStep) -> RecurrentStep {
        let next = base(step)
        return RecurrentStep(next.value + step.value, state: next.state)
    }
    /// The cell's.
    public func initialState(for input: NDArray) -> [NDArray] { base.initialState(for: input) }
}

/// A cell whose states, in training, now and then stay what they were (Krueger et al., 2016). Its output is
/// the first array of the state, as that of `RNNCell`, `LSTMCell` and `GRUCell` is.
public struct ZoneoutCell<Base: RecurrentCell>: RecurrentCell {
    /// The cell.
    public let base: Base
    /// The probability that an element of the state stays.
    public let rate: Double

    /// A cell whose states stay with probability `rate`.
    /// - Precondition: `rate` is in `0...1`.
    public init(
        _ base: Base, _ rate: Double, fileID: StaticString = #fileID, line: UInt = #line
    ) {
        ArgumentCheck("zoneout_cell", fileID, line).require(
            (0...1).contains(rate), "the rate \(rate) is out of range; expected 0...1")
        self.base = base
        self.rate = rate
    }

    /// Takes one step, and in training takes some of it back.
    public func forward(_ step: RecurrentStep) -> RecurrentStep {
        var next = base(step)
        if Mode.current == .predict || rate == 0 { return next }
        next.state = zip(next.state, step.state).map { new, old in
            select(NDArray.bernoulli(old.shape, probability: rate) .> 0, old, new)
        }
        if let output = next.state.first { next.value = output }
        return next
    }
    /// The cell's.
    public func initialState(for input: NDArray) -> [NDArray] { base.initialState(for: input) }
}

/// Two cells over a sequence, one in each direction, their outputs side by side. Takes
/// `[steps, batch, inputs]`.
public struct Bidirectional<Forward: RecurrentCell, Backward: RecurrentCell>: Block {
    /// Goes from the first step to the last.
    public let forwardCell: Forward
    /// Goes from the last step to the first.
    public let backwardCell: Backward

    /// A layer of two cells.
    public init(_ forwardCell: Forward, _ backwardCell: Backward) {
        self.forwardCell = forwardCell
        self.backwardCell = backwardCell
    }

    /// The outputs of both, from states of zeros.
    public func forward(_ x: NDArray) -> NDArray { outputs(of: x, validLengths: nil) }

    /// The outputs of both for sequences of lengths `[batch]`, behind which they are zeros.
    public func outputs(of x: NDArray, validLengths: NDArray?) -> NDArray {
        concatenated(
            [
                forwardCell.unrolled(x, validLengths: validLengths).output,
                backwardCell.unrolled(x, validLengths: validLengths, isReversed: true).output,
            ], axis: -1)
    }
}
