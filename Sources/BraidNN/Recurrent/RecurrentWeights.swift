import BraidCore
import BraidOperators
import BraidRuntime

/// The parameters of one layer in one direction, and what they do.
struct RecurrentWeights: Sendable {
    let kind: RecurrentKind
    let units: Int
    /// `[gates · units, inputs]`.
    let input: Parameter
    /// `[gates · units, units]`.
    let hidden: Parameter
    /// `[gates · units]` each, or nil.
    let inputBias: Parameter?
    let hiddenBias: Parameter?

    /// - Parameter initializer: of weights; uniform in `±1 / √units` when nil. Biases start with zeros.
    init(
        _ check: ArgumentCheck, _ kind: RecurrentKind, _ units: Int, inputs: Int?, usesBias: Bool,
        initializer: Initializer?, dtype: DType
    ) {
        let (units, inputs) = (check.extent(units, "units"), check.extent(inputs, "inputs"))
        let bound = 1 / Double(Swift.max(units, 1)).squareRoot()
        let initializer = initializer ?? .uniform(from: -bound, to: bound)
        let rows = kind.gateCount * units
        func bias() -> Parameter? {
            usesBias ? Parameter([rows], dtype: dtype, initializer: .zeros) : nil
        }
        self.kind = kind
        self.units = units
        input = Parameter(inputs.map { [rows, $0] }, dtype: dtype, initializer: initializer)
        hidden = Parameter([rows, units], dtype: dtype, initializer: initializer)
        inputBias = bias()
        hiddenBias = bias()
    }

    /// The parameters in PyTorch's order and under its names, with a suffix.
    func named(_ suffix: String = "") -> [(name: String, parameter: Parameter)] {
        let all = [
            ("weight_ih", input), ("weight_hh", hidden), ("bias_ih", inputBias),
            ("bias_hh", hiddenBias),
        ]
        return all.compactMap { name, parameter in parameter.map { (name + suffix, $0) } }
    }

    /// How many arrays the state of a unit is: an LSTM's cells count.
    var stateCount: Int { kind == .lstm ? 2 : 1 }

    /// The states `[steps, batch, units]` after each step of `x` `[steps, batch, inputs]`.
    /// - Parameters:
    ///   - first: states `[batch, units]`, an LSTM's cells behind them.
    ///   - lengths: i64 `[batch]`.
    func states(
        after x: NDArray, from first: [NDArray], lengths: NDArray? = nil, isReversed: Bool = false,
        layer: String
    ) -> [NDArray] {
        let rows = kind.gateCount * units
        input.resolve([rows, x.shape[2]], for: layer)
        var projection = x.matmul(input.wrappedValue.transposed())
        let bias: NDArray
        if let inputBias, let hiddenBias {
            if kind == .gru {
                // The reset gate takes a part of one bias only.
                projection = projection + inputBias.wrappedValue
                bias = hiddenBias.wrappedValue
            } else {
                bias = inputBias.wrappedValue + hiddenBias.wrappedValue
            }
        } else {
            bias = .zeros([rows], dtype: x.dtype)
        }
        return NDArray.applyAll(
            RecurrentSequence(kind, isReversed: isReversed),
            to: [projection, hidden.wrappedValue, bias] + first + (lengths.map { [$0] } ?? []))
    }
}

extension NDArray {
    /// A row of `[batch]` lengths as i64, whose reads report one outside `0...steps`; nil, after a
    /// report, when it is none.
    func sequenceLengths(batch: Int, steps: Int, for layer: String) -> NDArray? {
        if dtype.isInteger, shape == [batch] {
            return inRange(0..<steps + 1, of: "length", in: layer).cast(to: .i64)
        }
        ArrayError(
            .shapeMismatch, in: layer, "takes integer lengths [\(batch)], not \(type)"
        ).report()
        return nil
    }
}
