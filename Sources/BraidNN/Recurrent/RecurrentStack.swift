import BraidCore
import BraidOperators
import BraidRuntime

/// What `RNN`, `LSTM` and `GRU` have in common: layers above one another, each of one or two directions.
struct RecurrentStack: Sendable {
    let name: String
    let units: Int
    let isBatchFirst: Bool
    private let layers: [[RecurrentWeights]]
    private static let layerCounts = 1...(1 << 16)
    private let dropout: Dropout

    init(
        _ check: ArgumentCheck, _ kind: RecurrentKind, _ units: Int, _ options: RecurrentOptions,
        inputs: Int?, initializer: Initializer?, dtype: DType
    ) {
        let units = check.extent(units, "units")
        let areLayers = check.require(
            Self.layerCounts.contains(options.layers),
            "the layers, \(options.layers), are out of range; expected \(Self.layerCounts)")
        name = check.layer
        self.units = units
        isBatchFirst = options.isBatchFirst
        dropout = Dropout(check.rate(options.dropout, "dropout"))
        let directions = options.isBidirectional ? 2 : 1
        layers = (0..<(areLayers ? options.layers : 1)).map { layer in
            (0..<directions).map { _ in
                RecurrentWeights(
                    check, kind, units, inputs: layer == 0 ? inputs : directions * units,
                    usesBias: options.usesBias, initializer: initializer, dtype: dtype)
            }
        }
    }

    /// The parameters in PyTorch's order and under its names.
    var namedParameters: [(name: String, parameter: Parameter)] {
        layers.enumerated().flatMap { layer, directions in
            directions.enumerated().flatMap { direction, weights in
                weights.named("_l\(layer)" + (direction == 0 ? "" : "_reverse"))
            }
        }
    }

    /// The outputs `[steps, batch, directions · units]`, or `[batch, steps, …]`, and the last states
    /// `[layers · directions, batch, units]`.
    /// - Parameter first: states of that shape; zeros when nil.
    func run(_ x: NDArray, from first: [NDArray]?, validLengths: NDArray?) -> (NDArray, [NDArray]) {
        let (time, row) = isBatchFirst ? (1, 0) : (0, 1)
        guard x.rank == 3, x.shape[time] > 0 else {
            ArrayError(
                .shapeMismatch, in: name,
                "takes \(isBatchFirst ? "[batch, steps, inputs]" : "[steps, batch, inputs]") with at "
                    + "least one step, not shape \(x.shape)"
            ).report()
            return (x, [x, x])
        }
        let (steps, batch) = (x.shape[time], x.shape[row])
        let lengths = validLengths.flatMap {
            $0.sequenceLengths(batch: batch, steps: steps, for: name)
        }
        // Copied once, not in pieces by every product.
        var values = isBatchFirst ? x.transposed(axes: [1, 0, 2]).copied() : x
        let isValid = lengths.map { lengths in
            NDArray.range(count: steps, dtype: .i64).reshaped(to: [steps, 1, 1])
                .< lengths.expandingDimension(at: 1)
        }
        // What is behind a sequence's end reaches no gradient: what is not finite would, through products
        // with 0.
        if let isValid { values = select(isValid, values, .zeros([], dtype: x.dtype)) }
        var last: [[NDArray]] = []
        for (layer, directions) in layers.enumerated() {
            if layer > 0 { values = dropout(values) }
            var results: [NDArray] = []
            for (direction, weights) in directions.enumerated() {
                let index = last.count
                let start = (0..<weights.stateCount).map { part in
                    first?[part][index] ?? .zeros([batch, units], dtype: x.dtype)
                }
                let states = weights.states(
                    after: values, from: start, lengths: lengths, isReversed: direction == 1,
                    layer: name)
                // After a report.
                guard states.count == weights.stateCount else { return (x, [x, x]) }
                last.append(states.map { $0[direction == 0 ? steps - 1 : 0] })
                results.append(
                    isValid.map { select($0, states[0], .zeros([], dtype: x.dtype)) }
                        ?? states[0])
            }
            values = results.count == 1 ? results[0] : concatenated(results, axis: 2)
        }
        let parts = last[0].indices.map { part in stacked(last.map { $0[part] }) }
        return (isBatchFirst ? values.transposed(axes: [1, 0, 2]).copied() : values, parts)
    }
}

/// What recurrent layers have to choose from, beside their units.
struct RecurrentOptions {
    let layers: Int
    let isBidirectional: Bool
    let dropout: Double
    let isBatchFirst: Bool
    let usesBias: Bool
}
