import BraidCore
import CBraidKernels

/// What the units of a recurrent layer are. The gates stand side by side in PyTorch's order.
public enum RecurrentKind: NamedCase {
    /// `tanh` of the sum of what the input and the state give (Elman, 1990).
    case tanh
    /// The same with a rectifier.
    case relu
    /// Long short-term memory (Hochreiter and Schmidhuber, 1997): input, forget, new, output gate.
    case lstm
    /// Gated recurrent units (Cho et al., 2014), the reset gate applied after the product: reset, update,
    /// new gate.
    case gru

    /// The number of gates.
    package var gateCount: Int {
        switch self {
        case .tanh, .relu: 1
        case .lstm: 4
        case .gru: 3
        }
    }

    var kernelKind: braid_cell {
        switch self {
        case .tanh: BRAID_CELL_TANH
        case .relu: BRAID_CELL_RELU
        case .lstm: BRAID_CELL_LSTM
        case .gru: BRAID_CELL_GRU
        }
    }

    /// Whether the reverse of a step needs the gates again.
    var needsGatesBack: Bool { self == .lstm || self == .gru }
    /// Whether the cotangents of what the input and the state give to a gate differ.
    var hasTwoCotangents: Bool { self == .gru }
}

/// The extents of a recurrent layer.
struct RecurrentExtents {
    let steps: Int
    let batch: Int
    let units: Int
}

extension Operator {
    /// The extents, from the type of what the inputs give to the gates and of the first states.
    /// - Throws: `ArrayError` when they are not `[steps, batch, gates · units]` and `[batch, units]`.
    func extents(
        _ kind: RecurrentKind, projection: TensorType, state: TensorType
    ) throws(ArrayError) -> RecurrentExtents {
        try requireFloating(projection)
        try require(
            projection.rank == 3 && state.rank == 2 && projection.shape[1] == state.shape[0]
                && projection.shape[2] == saturatingProduct(kind.gateCount, state.shape[1]),
            .shapeMismatch,
            "takes projections [steps, batch, \(kind.gateCount) · units] and states [batch, units] of "
                + "\(kind), not shapes \(projection.shape) and \(state.shape)")
        return RecurrentExtents(
            steps: projection.shape[0], batch: state.shape[0], units: state.shape[1])
    }

    /// Passes an operand of one type.
    func require(
        _ found: TensorType, is dtype: DType, _ extents: [Int], _ meaning: String
    ) throws(ArrayError) {
        try require(
            found.dtype == dtype && found.shape.extents == extents, .shapeMismatch,
            "takes \(meaning) of type \(dtype)\(extents), not \(found)")
    }
}
