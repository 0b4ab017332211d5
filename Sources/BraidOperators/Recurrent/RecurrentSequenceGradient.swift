public import BraidCore
import CBraidKernels

/// The reverse of `RecurrentSequence`: the cotangents of what the inputs give to the gates
/// `[steps, batch, gates · units]`, of a GRU also of what the states give to them, then of the first states.
///
/// Operands: of an LSTM and a GRU what the inputs and what the states give to the gates (products without
/// bias), and the bias; weights; first states; states after each step; their cotangents; lengths.
public struct RecurrentSequenceGradient: Operator {
    /// The name in files.
    public static let name = "recurrent_sequence_gradient"
    /// Takes dense operands.
    public static let traits: OperatorTraits = .denseInputs
    /// Four operands or more.
    public static let arity: Int? = nil

    /// What the units are.
    public let kind: RecurrentKind
    /// Whether the layer goes from the last step to the first.
    public let isReversed: Bool
    /// Whether sequences have lengths.
    public let hasLengths: Bool

    package init(_ kind: RecurrentKind, isReversed: Bool, hasLengths: Bool) {
        self.kind = kind
        self.isReversed = isReversed
        self.hasLengths = hasLengths
    }

    private var stateCount: Int { kind == .lstm ? 2 : 1 }

    /// Where operands stand.
    private struct Places {
        let weights: Int
        let first: Int
        let states: Int
        let cotangents: Int
        let lengths: Int
    }

    private var places: Places {
        let weights = kind.needsGatesBack ? 3 : 0
        let (first, count) = (weights + 1, stateCount)
        return Places(
            weights: weights, first: first, states: first + count, cotangents: first + 2 * count,
            lengths: first + 3 * count)
    }

    /// The type of the first result.
    /// - Throws: `ArrayError` as `outputs(for:)`.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        try outputs(for: inputs)[0]
    }

    /// Types of what flows back.
    /// - Throws: `ArrayError` for operands that are not those of such a layer.
    public func outputs(for inputs: Span<TensorType>) throws(ArrayError) -> [TensorType] {
        let places = places
        let count = places.lengths + (hasLengths ? 1 : 0)
        try require(
            inputs.count == count, .shapeMismatch,
            "of \(kind) takes \(count) operands, not \(inputs.count)")
        let (first, states) = (inputs[places.first], inputs[places.states])
        try requireFloating(first)
        try require(
            states.rank == 3 && first.rank == 2, .shapeMismatch,
            "takes first states [batch, units] and states [steps, batch, units], not shapes "
                + "\(first.shape) and \(states.shape)")
        let (steps, batch, units) = (states.shape[0], first.shape[0], first.shape[1])
        let gates = saturatingProduct(kind.gateCount, units)
        let projection = TensorType(first.dtype, try shape([steps, batch, gates]))
        if kind.needsGatesBack {
            for index in 0...1 {
                try require(
                    inputs[index], is: first.dtype, projection.shape.extents, "gates' operands")
            }
            try require(inputs[2], is: first.dtype, [gates], "a bias")
        }
        try require(inputs[places.weights], is: first.dtype, [gates, units], "weights")
        for index in places.first..<places.states {
            try require(inputs[index], is: first.dtype, [batch, units], "first states")
        }
        for index in places.states..<places.lengths {
            try require(
                inputs[index], is: first.dtype, [steps, batch, units], "states and cotangents")
        }
        if hasLengths { try require(inputs[places.lengths], is: .i64, [batch], "lengths") }
        return [TensorType](repeating: projection, count: kind.hasTwoCotangents ? 2 : 1)
            + [TensorType](repeating: first, count: stateCount)
    }

    /// The products, and twenty operations for each gate.
    public func cost(for inputs: Span<TensorType>, output: TensorType) -> Int {
        saturatingProduct(
            output.count, saturatingProduct(2, inputs[places.first].shape[1]) &+ 20)
    }

    private func plan(_ states: TensorType) -> RecurrentPlan {
        let extents = RecurrentExtents(
            steps: states.shape[0], batch: states.shape[1], units: states.shape[2])
        return RecurrentPlan(extents, kind, states.dtype, .cotangents)
    }

    /// Packed weights and packing space for each piece.
    public func scratchByteCount(for inputs: Span<TensorType>) -> Int {
        plan(inputs[places.states]).byteCount
    }

    /// Goes through the steps, the last first, each in pieces of units.
    public func evaluate(_ context: borrowing KernelContext) {
        let (places, outputs) = (places, context.outputs)
        // What later steps give back is gathered where the first states' cotangents will stand.
        let carry = outputs.count - stateCount
        for index in carry..<outputs.count { outputs[index].clear() }
        let states = context.inputs[places.states].type
        guard let scratch = context.scratch, states.count > 0 else { return }
        let plan = plan(states)
        let table = Kernels.table.pointee
        let (type, size) = (outputs[0].kernelType, states.dtype.size)
        let (units, gates, pieces) = (plan.extents.units, plan.gates, plan.pieces)
        let weights = context.dense(places.weights)
        let (firstStates, firstCells) = (
            context.dense(places.first), context.dense(places.states - 1)
        )
        context.parallelFor(pieces.count) { piece in
            plan.pack(
                UnsafeRawPointer(weights + pieces[piece].lowerBound * size), rowStride: units,
                columnStride: 1, piece: piece, in: scratch)
        }
        var arguments = braid_cell_backward_arguments()
        arguments.cell = kind.kernelKind
        arguments.batch = Int64(plan.extents.batch)
        arguments.units = Int64(units)
        if hasLengths {
            arguments.lengths = UnsafePointer(
                context.dense(places.lengths).assumingMemoryBound(to: Int64.self))
        }
        arguments.dh_carry = outputs[carry].address
        if kind == .lstm { arguments.dc_carry = outputs[carry + 1].address }
        if kind.needsGatesBack { arguments.bias = UnsafeRawPointer(context.dense(2)) }
        let order = StepOrder(count: plan.extents.steps, isReversed: isReversed)
        let stepByteCount = plan.extents.batch * units * size
        let dproducts = outputs[kind.hasTwoCotangents ? 1 : 0].address
        /// Adds what a step's gates give back through the weights to the states before it.
        func giveBack(_ step: Int, _ piece: Int) {
            let range = pieces[piece]
            plan.multiply(
                UnsafeRawPointer(dproducts + step * gates * stepByteCount), piece: piece,
                columns: range.count, into: outputs[carry].address + range.lowerBound * size,
                rowStride: units, adding: true, in: scratch)
        }
        for place in (0..<order.count).reversed() {
            let step = order.step(at: place)
            let (start, gateStart) = (step * stepByteCount, step * gates * stepByteCount)
            arguments.step = Int64(step)
            let h = context.dense(places.states)
            let before = order.before(place).map { $0 * stepByteCount }
            arguments.h = UnsafeRawPointer(h + start)
            arguments.h_before = UnsafeRawPointer(
                before.map { h + $0 } ?? firstStates)
            arguments.dh = UnsafeRawPointer(context.dense(places.cotangents) + start)
            if kind == .lstm {
                let c = context.dense(places.states + 1)
                arguments.c = UnsafeRawPointer(c + start)
                arguments.c_before = UnsafeRawPointer(
                    before.map { c + $0 } ?? firstCells)
                arguments.dc = UnsafeRawPointer(context.dense(places.cotangents + 1) + start)
            }
            if kind.needsGatesBack {
                arguments.projection = UnsafeRawPointer(context.dense(0) + gateStart)
                arguments.product = UnsafeRawPointer(context.dense(1) + gateStart)
            }
            arguments.dprojection = outputs[0].address + gateStart
            arguments.dproduct = dproducts + gateStart
            let whole = arguments
            context.parallelFor(pieces.count) { piece in
                if place + 1 < order.count { giveBack(order.step(at: place + 1), piece) }
                var part = whole
                part.begin = Int64(pieces[piece].lowerBound)
                part.end = Int64(pieces[piece].upperBound)
                table.cell_backward(type, &part)
            }
        }
        context.parallelFor(pieces.count) { giveBack(order.step(at: 0), $0) }
    }

    /// The operands' values; the rule is that of the expansion.
    public var gradientNeeds: GradientNeeds { .inputs }

}

extension RecurrentSequenceGradient: DifferentiatedByExpansion {
    package func expansion(_ inputs: [Symbol]) -> [Symbol] {
        let places = places
        let weights = inputs[places.weights]
        let first = Array(inputs[places.first..<places.states])
        let states = Array(inputs[places.states..<places.cotangents])
        let order = StepOrder(count: states[0].shape[0], isReversed: isReversed)
        var carries = first.map { Symbol.zeros($0.shape, dtype: $0.dtype) }
        var flowing = [[Symbol]](
            repeating: [Symbol](repeating: weights, count: order.count),
            count: kind.hasTwoCotangents ? 2 : 1)
        for place in (0..<order.count).reversed() {
            let step = order.step(at: place)
            let before = order.before(place)
            let d = zip(carries, inputs[places.cotangents..<places.lengths]).map { $0 + $1[step] }
            let gates =
                kind.needsGatesBack
                ? kind.gates(projection: inputs[0][step], product: inputs[1][step] + inputs[2])
                : []
            let reverse = kind.reversed(
                d, gates: gates, states: states.map { $0[step] },
                before: first.indices.map { index in
                    before.map { states[index][$0] } ?? first[index]
                })
            var gateCotangents = reverse.gateCotangents
            var direct = reverse.direct
            if hasLengths {
                let isLonger = (inputs[places.lengths] .> Double(step)).expandingDimension(at: 1)
                let zero = Symbol.zeros([], dtype: weights.dtype)
                gateCotangents = gateCotangents.map { select(isLonger, $0, zero) }
                direct = zip(direct, d).map { select(isLonger, $0, $1) }
            }
            for (index, cotangent) in gateCotangents.enumerated() {
                flowing[index][step] = cotangent
            }
            direct[0] = direct[0] + gateCotangents[gateCotangents.count - 1].matmul(weights)
            carries = direct
        }
        if order.count == 0 {
            let shape: Shape = [0, first[0].shape[0], weights.shape[0]]
            return flowing.map { _ in .zeros(shape, dtype: weights.dtype) } + carries
        }
        return flowing.map { stacked($0) } + carries
    }
}

extension RecurrentKind {
    /// The gates `[batch, units]` of a step, of a GRU also what the states give to the new gate.
    fileprivate func gates(projection: Symbol, product: Symbol) -> [Symbol] {
        let (p, s) = (
            projection.split(count: gateCount, axis: 1), product.split(count: gateCount, axis: 1)
        )
        switch self {
        case .tanh, .relu: return []
        case .lstm:
            return (0..<4).map { $0 == 2 ? (p[2] + s[2]).tanh() : (p[$0] + s[$0]).sigmoid() }
        case .gru:
            let reset = (p[0] + s[0]).sigmoid()
            return [reset, (p[1] + s[1]).sigmoid(), (p[2] + reset * s[2]).tanh(), s[2]]
        }
    }

    /// The reverse of a step: cotangents of what the inputs and, when they differ, the states give to the
    /// gates, and of the states before it but for what goes through the weights.
    fileprivate func reversed(
        _ d: [Symbol], gates: [Symbol], states: [Symbol], before: [Symbol]
    ) -> (gateCotangents: [Symbol], direct: [Symbol]) {
        let zero = Symbol.zeros(d[0].shape, dtype: d[0].dtype)
        switch self {
        case .tanh: return ([d[0] * (1 - states[0].square())], [zero])
        case .relu: return ([select(states[0] .<= 0, zero, d[0])], [zero])
        case .lstm:
            let (i, f, n, o) = (gates[0], gates[1], gates[2], gates[3])
            let t = states[1].tanh()
            let e = d[1] + d[0] * o * (1 - t.square())
            let cotangents = [
                e * n * (i * (1 - i)), e * before[1] * (f * (1 - f)), e * i * (1 - n.square()),
                d[0] * t * (o * (1 - o)),
            ]
            return ([concatenated(cotangents, axis: 1)], [zero, e * f])
        case .gru:
            let (r, z, n, q) = (gates[0], gates[1], gates[2], gates[3])
            let dn = d[0] * (1 - z) * (1 - n.square())
            let dr = dn * q * (r * (1 - r))
            let dz = d[0] * (before[0] - n) * (z * (1 - z))
            return (
                [concatenated([dr, dz, dn], axis: 1), concatenated([dr, dz, dn * r], axis: 1)],
                [d[0] * z]
            )
        }
    }
}
