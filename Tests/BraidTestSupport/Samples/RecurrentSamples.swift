import BraidCore
import BraidOperators
import Foundation

extension Sample {
    static let recurrent = RecurrentKind.allCases.flatMap { [sequence($0), reverse($0)] }

    private static func sequence(_ kind: RecurrentKind) -> Sample {
        Sample(
            description: "recurrent_sequence \(kind)", dtypes: DType.computedFloating,
            make: { dtype, size, generator in
                let call = RecurrentOperands(kind, dtype, size, &generator)
                return OperatorCase(
                    op: RecurrentSequence(kind, isReversed: call.isReversed),
                    inputs: [call.projection, call.weights, call.bias] + call.first + call.lengths,
                    reductionLength: 10 * (call.steps + call.units))
            },
            reference: { call in
                let op = (call.op as? RecurrentSequence)!
                let layer = NaiveRecurrence(op.kind, call.inputs, isReversed: op.isReversed)
                return layer.states.map { layer.array(like: call.inputs[0], layer.units, $0) }
            },
            refused: [
                RefusedCall(
                    RecurrentSequence(kind), [TensorType(.f32, [2, 3, 4])],
                    mentions: ["1", "\(kind)"]),
                RefusedCall(
                    RecurrentSequence(.gru),
                    [
                        TensorType(.f32, [5, 2, 8]), TensorType(.f32, [9, 3]),
                        TensorType(.f32, [9]),
                        TensorType(.f32, [2, 3]),
                    ], mentions: ["[5, 2, 8]", "[2, 3]", "gru"]),
                RefusedCall(
                    RecurrentSequence(.tanh),
                    [
                        TensorType(.f32, [5, 2, 3]), TensorType(.f32, [3, 2]),
                        TensorType(.f32, [3]),
                        TensorType(.f32, [2, 3]),
                    ], mentions: ["[3, 2]", "[3, 3]"]),
                RefusedCall(
                    RecurrentSequence(.relu),
                    [
                        TensorType(.f32, [5, 2, 3]), TensorType(.f32, [3, 3]),
                        TensorType(.f32, [3]),
                        TensorType(.f32, [2, 3]), TensorType(.i32, [2]),
                    ], mentions: ["i64[2]", "i32[2]"]),
            ])
    }

    private static func reverse(_ kind: RecurrentKind) -> Sample {
        Sample(
            description: "recurrent_sequence_gradient \(kind)", dtypes: DType.computedFloating,
            make: { dtype, size, generator in
                let call = RecurrentOperands(kind, dtype, size, &generator)
                let states = (0..<call.first.count).map { _ in call.state(&generator) }
                let cotangents = states.map { _ in call.state(&generator) }
                let gates =
                    kind == .lstm || kind == .gru
                    ? [call.projection, call.gates(&generator), call.bias] : []
                return OperatorCase(
                    op: RecurrentSequenceGradient(
                        kind, isReversed: call.isReversed, hasLengths: !call.lengths.isEmpty),
                    inputs: gates + [call.weights] + call.first + states + cotangents
                        + call.lengths,
                    reductionLength: 20 * (call.steps + 4 * call.units))
            },
            reference: { call in
                let op = (call.op as? RecurrentSequenceGradient)!
                return naiveReverse(op, call.inputs)
            },
            differentiableOrders: 1,
            refused: [
                RefusedCall(
                    RecurrentSequenceGradient(kind, isReversed: false, hasLengths: true),
                    [TensorType(.f32, [2, 3, 4])], mentions: ["1", "\(kind)"])
            ])
    }
}

/// Random operands of a layer.
private struct RecurrentOperands {
    let kind: RecurrentKind
    let dtype: DType
    let size: CaseSize
    let steps: Int
    let batch: Int
    let units: Int
    let isReversed: Bool
    var gateCount: Int { kind == .lstm ? 4 : kind == .gru ? 3 : 1 }
    private(set) var projection: HostArray
    private(set) var weights: HostArray
    private(set) var bias: HostArray
    private(set) var first: [HostArray] = []
    private(set) var lengths: [HostArray] = []

    init(
        _ kind: RecurrentKind, _ dtype: DType, _ size: CaseSize, _ generator: inout SeededGenerator
    ) {
        self.kind = kind
        self.dtype = dtype
        self.size = size
        isReversed = generator.oneIn(2)
        let gateCount = kind == .lstm ? 4 : kind == .gru ? 3 : 1
        switch size {
        case .small:
            (steps, batch, units) = (
                generator.int(1...3), generator.int(1...2), generator.int(1...2)
            )
        case .any:
            (steps, batch) = (generator.int(0...4), generator.int(0...5))
            units = generator.pick([0, 1, 3, 9, 33])
        case .large:
            // Two pieces of units with a rest that is no whole register block.
            (steps, batch) = (2, 120 / gateCount)
            units = 150
        }
        func array(_ extents: [Int], _ scale: Double = 1) -> HostArray {
            generator.array(
                dtype, Shape(extents), Domain(low: -scale, high: scale, kinks: [0], specials: []),
                size)
        }
        let gates = gateCount * units
        let scale = 1 / Double(max(units, 1)).squareRoot()
        projection = array([steps, batch, gates])
        weights = array([gates, units], scale)
        bias = array([gates])
        for _ in 0..<(kind == .lstm ? 2 : 1) { first.append(array([batch, units])) }
        if generator.oneIn(2) {
            let values = (0..<batch).map { _ in Double(generator.int(-1...(steps + 1))) }
            lengths = [HostArray(.i64, [batch], values)]
        }
    }

    /// More numbers in the shape of the states.
    func state(_ generator: inout SeededGenerator) -> HostArray {
        generator.array(
            dtype, [steps, batch, units], Domain(low: -1, high: 1, kinks: [0], specials: []), size)
    }

    /// More numbers in the shape of the gates.
    func gates(_ generator: inout SeededGenerator) -> HostArray {
        generator.array(
            dtype, [steps, batch, gateCount * units], Domain(low: -1, high: 1, specials: []), size)
    }
}

private func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

/// A layer unit by unit.
private struct NaiveRecurrence {
    let units: Int
    private let steps: Int
    private let batch: Int
    /// For each kind of state, step and row the units.
    private(set) var states: [[[[Double]]]] = []

    init(_ kind: RecurrentKind, _ inputs: [HostArray], isReversed: Bool) {
        let (projection, weights, bias) = (inputs[0], inputs[1].reals, inputs[2].reals)
        let parts = kind == .lstm ? 2 : 1
        (steps, batch) = (projection.shape[0], projection.shape[1])
        let units = inputs[3].shape[1]
        self.units = units
        let gateCount = kind == .lstm ? 4 : kind == .gru ? 3 : 1
        let empty = [[Double]](repeating: [Double](repeating: 0, count: units), count: batch)
        states = (0..<parts).map { _ in [[[Double]]](repeating: empty, count: steps) }
        var now = (0..<parts).map { part in
            (0..<batch).map { row in (0..<units).map { inputs[3 + part][[row, $0]].real } }
        }
        for step in isReversed ? Array((0..<steps).reversed()) : Array(0..<steps) {
            let before = now
            for row in 0..<batch {
                if inputs.count > 3 + parts, inputs[3 + parts][[row]].real <= Double(step) {
                    continue
                }
                for unit in 0..<units {
                    let sums = (0..<gateCount).map { gate -> (input: Double, state: Double) in
                        let place = gate * units + unit
                        let product = (0..<units).reduce(bias[place]) {
                            $0 + before[0][row][$1] * weights[place * units + $1]
                        }
                        return (projection[[step, row, place]].real, product)
                    }
                    func sum(_ gate: Int) -> Double { sums[gate].input + sums[gate].state }
                    switch kind {
                    case .tanh: now[0][row][unit] = tanh(sum(0))
                    case .relu: now[0][row][unit] = max(sum(0), 0)
                    case .lstm:
                        let cell =
                            sigmoid(sum(1)) * before[1][row][unit] + sigmoid(sum(0)) * tanh(sum(2))
                        now[1][row][unit] = cell
                        now[0][row][unit] = sigmoid(sum(3)) * tanh(cell)
                    case .gru:
                        let new = tanh(sums[2].input + sigmoid(sum(0)) * sums[2].state)
                        let update = sigmoid(sum(1))
                        now[0][row][unit] = (1 - update) * new + update * before[0][row][unit]
                    }
                }
            }
            for part in 0..<parts { states[part][step] = now[part] }
        }
    }

    func array(like other: HostArray, _ width: Int, _ values: [[[Double]]]) -> HostArray {
        HostArray(TensorType(other.dtype, [steps, batch, width])) {
            .real(values[$0[0]][$0[1]][$0[2]])
        }
    }
}

/// What flows back through a layer, unit by unit.
private func naiveReverse(_ op: RecurrentSequenceGradient, _ inputs: [HostArray]) -> [HostArray] {
    let parts = op.kind == .lstm ? 2 : 1
    let gateCount = op.kind == .lstm ? 4 : op.kind == .gru ? 3 : 1
    let start = gateCount > 1 ? 3 : 0
    let weights = inputs[start].reals
    let first = Array(inputs[(start + 1)..<(start + 1 + parts)])
    let states = Array(inputs[(start + 1 + parts)..<(start + 1 + 2 * parts)])
    let cotangents = Array(inputs[(start + 1 + 2 * parts)..<(start + 1 + 3 * parts)])
    let lengths = op.hasLengths ? inputs[inputs.count - 1] : nil
    let (steps, batch, units) = (states[0].shape[0], first[0].shape[0], first[0].shape[1])
    let gateType = TensorType(first[0].dtype, [steps, batch, gateCount * units])
    let zeros = [Double](repeating: 0, count: gateType.count)
    var flowing = [[Double]](repeating: zeros, count: op.kind == .gru ? 2 : 1)
    var carries = [[Double]](
        repeating: [Double](repeating: 0, count: batch * units), count: parts)
    let order = op.isReversed ? Array(0..<steps) : Array((0..<steps).reversed())
    for (place, step) in order.enumerated() {
        let previous = place + 1 < steps ? order[place + 1] : nil
        for row in 0..<batch {
            let isShorter = lengths.map { $0[[row]].real <= Double(step) } ?? false
            var direct = [[Double]](repeating: [Double](repeating: 0, count: units), count: parts)
            for unit in 0..<units {
                let d = (0..<parts).map {
                    cotangents[$0][[step, row, unit]].real + carries[$0][row * units + unit]
                }
                if isShorter {
                    for part in 0..<parts { direct[part][unit] = d[part] }
                    continue
                }
                func before(_ part: Int) -> Double {
                    previous.map { states[part][[$0, row, unit]].real }
                        ?? first[part][[row, unit]].real
                }
                func place(_ gate: Int) -> Int {
                    (step * batch + row) * gateCount * units + gate * units + unit
                }
                func sums(_ gate: Int) -> (input: Double, state: Double) {
                    (
                        inputs[0].elements[place(gate)].real,
                        inputs[1].elements[place(gate)].real
                            + inputs[2].elements[gate * units + unit].real
                    )
                }
                func sum(_ gate: Int) -> Double { sums(gate).input + sums(gate).state }
                let h = states[0][[step, row, unit]].real
                switch op.kind {
                case .tanh: flowing[0][place(0)] = d[0] * (1 - h * h)
                case .relu: flowing[0][place(0)] = h > 0 ? d[0] : 0
                case .lstm:
                    let (i, f) = (sigmoid(sum(0)), sigmoid(sum(1)))
                    let (n, o) = (tanh(sum(2)), sigmoid(sum(3)))
                    let t = tanh(states[1][[step, row, unit]].real)
                    let e = d[1] + d[0] * o * (1 - t * t)
                    flowing[0][place(0)] = e * n * i * (1 - i)
                    flowing[0][place(1)] = e * before(1) * f * (1 - f)
                    flowing[0][place(2)] = e * i * (1 - n * n)
                    flowing[0][place(3)] = d[0] * t * o * (1 - o)
                    direct[1][unit] = e * f
                case .gru:
                    let (r, z, q) = (sigmoid(sum(0)), sigmoid(sum(1)), sums(2).state)
                    let n = tanh(sums(2).input + r * q)
                    let dn = d[0] * (1 - z) * (1 - n * n)
                    let dr = dn * q * r * (1 - r)
                    let dz = d[0] * (before(0) - n) * z * (1 - z)
                    for (gate, values) in [(dr, dr), (dz, dz), (dn, dn * r)].enumerated() {
                        flowing[0][place(gate)] = values.0
                        flowing[1][place(gate)] = values.1
                    }
                    direct[0][unit] = d[0] * z
                }
            }
            let start = (step * batch + row) * gateCount * units
            for unit in 0..<units {
                direct[0][unit] += (0..<(gateCount * units)).reduce(0) {
                    $0 + flowing[flowing.count - 1][start + $1] * weights[$1 * units + unit]
                }
            }
            for part in 0..<parts {
                carries[part].replaceSubrange(
                    (row * units)..<((row + 1) * units), with: direct[part])
            }
        }
    }
    return flowing.map { HostArray(gateType.dtype, gateType.shape, $0) }
        + carries.map { HostArray(gateType.dtype, first[0].shape, $0) }
}
