public import BraidCore
import CBraidKernels

/// A recurrent layer over a sequence: the states `[steps, batch, units]` after each step, of an LSTM those
/// of its cells as well.
///
/// Operands: what the inputs give to the gates, `[steps, batch, gates · units]`; weights of the states
/// `[gates · units, units]`; their bias `[gates · units]`; the first states `[batch, units]`; an LSTM's first
/// cell states; and, when sequences have lengths, these, i64 `[batch]`. A sequence keeps its states where
/// steps are not below its length, so that the last states are those of its last step, in both directions.
public struct RecurrentSequence: Operator {
    /// The name in files.
    public static let name = "recurrent_sequence"
    /// Takes dense operands.
    public static let traits: OperatorTraits = .denseInputs
    /// Four to six operands.
    public static let arity: Int? = nil

    /// What the units are.
    public let kind: RecurrentKind
    /// Whether the layer goes from the last step to the first.
    public let isReversed: Bool

    package init(_ kind: RecurrentKind, isReversed: Bool = false) {
        self.kind = kind
        self.isReversed = isReversed
    }

    private var stateCount: Int { kind == .lstm ? 2 : 1 }

    /// The type of the states.
    /// - Throws: `ArrayError` as `outputs(for:)`.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        try outputs(for: inputs)[0]
    }

    /// The type of the states, once or, of an LSTM, twice.
    /// - Throws: `ArrayError` for other dtypes than f32 and f64 (i64 for lengths), and shapes that do not fit.
    public func outputs(for inputs: Span<TensorType>) throws(ArrayError) -> [TensorType] {
        let known = 3 + stateCount
        try require(
            inputs.count == known || inputs.count == known + 1, .shapeMismatch,
            "of \(kind) takes \(known) operands, and one for lengths, not \(inputs.count)")
        let (projection, state) = (inputs[0], inputs[3])
        let extents = try extents(kind, projection: projection, state: state)
        let gates = projection.shape[2]
        try require(inputs[1], is: projection.dtype, [gates, extents.units], "weights")
        try require(inputs[2], is: projection.dtype, [gates], "a bias")
        for index in 3..<known {
            try require(
                inputs[index], is: projection.dtype, [extents.batch, extents.units], "first states")
        }
        if inputs.count > known { try require(inputs[known], is: .i64, [extents.batch], "lengths") }
        let states = try shape([extents.steps, extents.batch, extents.units])
        return [TensorType](repeating: TensorType(projection.dtype, states), count: stateCount)
    }

    /// The products, and ten operations for each gate.
    public func cost(for inputs: Span<TensorType>, output: TensorType) -> Int {
        saturatingProduct(inputs[0].count, saturatingProduct(2, inputs[1].shape[1]) &+ 10)
    }

    private func plan(_ projection: TensorType, _ state: TensorType) -> RecurrentPlan {
        let extents = RecurrentExtents(
            steps: projection.shape[0], batch: state.shape[0], units: state.shape[1])
        return RecurrentPlan(extents, kind, state.dtype, .gates)
    }

    /// Packed weights, products and packing space for each piece.
    public func scratchByteCount(for inputs: Span<TensorType>) -> Int {
        plan(inputs[0], inputs[3]).byteCount
    }

    /// Goes through the steps, each in pieces of units.
    public func evaluate(_ context: borrowing KernelContext) {
        let outputs = context.outputs
        guard let scratch = context.scratch, outputs[0].type.count > 0 else { return }
        let plan = plan(context.inputs[0].type, context.inputs[3].type)
        let table = Kernels.table.pointee
        let (type, size) = (outputs[0].kernelType, outputs[0].dtype.size)
        let (units, gates, pieces) = (plan.extents.units, plan.gates, plan.pieces)
        let (projection, weights, first) = (context.dense(0), context.dense(1), context.dense(3))
        context.parallelFor(pieces.count) { piece in
            for gate in 0..<gates {
                let row = gate * units + pieces[piece].lowerBound
                plan.pack(
                    UnsafeRawPointer(weights + row * units * size), rowStride: 1,
                    columnStride: units, group: gate, piece: piece, in: scratch)
            }
        }
        var arguments = braid_cell_forward_arguments()
        arguments.cell = kind.kernelKind
        arguments.batch = Int64(plan.extents.batch)
        arguments.units = Int64(units)
        arguments.product_width = Int64(plan.width)
        arguments.bias = UnsafeRawPointer(context.dense(2))
        if context.inputs.count > 3 + stateCount {
            arguments.lengths = UnsafePointer(
                context.dense(3 + stateCount).assumingMemoryBound(to: Int64.self))
        }
        let firstCells = kind == .lstm ? context.dense(4) : first
        let order = StepOrder(count: plan.extents.steps, isReversed: isReversed)
        let stepByteCount = plan.extents.batch * units * size
        for place in 0..<order.count {
            let step = order.step(at: place)
            let before = order.before(place).map { $0 * stepByteCount }
            let h = before.map { outputs[0].address + $0 } ?? first
            arguments.step = Int64(step)
            arguments.projection = UnsafeRawPointer(projection + step * gates * stepByteCount)
            arguments.h_before = UnsafeRawPointer(h)
            arguments.h = outputs[0].address + step * stepByteCount
            if kind == .lstm {
                arguments.c_before = UnsafeRawPointer(
                    before.map { outputs[1].address + $0 } ?? firstCells)
                arguments.c = outputs[1].address + step * stepByteCount
            }
            let whole = arguments
            context.parallelFor(pieces.count) { piece in
                let product = plan.products(of: piece, in: scratch)
                plan.multiply(
                    UnsafeRawPointer(h), piece: piece, columns: plan.columns, into: product,
                    rowStride: plan.columns, adding: false, in: scratch)
                var part = whole
                part.begin = Int64(pieces[piece].lowerBound)
                part.end = Int64(pieces[piece].upperBound)
                part.product = UnsafeRawPointer(product)
                table.cell_forward(type, &part)
            }
        }
    }

    /// All values.
    public var gradientNeeds: GradientNeeds { [.inputs, .outputs] }

    /// The reverse of the steps; products of states and weights are worked out anew, all at once.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        let (inputs, outputs) = (context.inputs, context.outputs)
        let (weights, h) = (inputs[1], outputs[0])
        let (steps, batch, units) = (h.shape[0], h.shape[1], h.shape[2])
        // Of no steps there is nothing to give back.
        if steps == 0 { return inputs.map { _ in nil } }
        let first = inputs[3].expandingDimension(at: 0)
        let before =
            isReversed
            ? concatenated([h.part(1..<steps, of: 0), first])
            : concatenated([first, h.part(0..<(steps - 1), of: 0)])
        var operands: [Symbol] = []
        if kind.needsGatesBack {
            operands += [inputs[0], before.matmul(weights.transposed()), inputs[2]]
        }
        operands += [weights] + inputs[3..<(3 + stateCount)] + outputs
        operands += outputs.indices.map {
            context.cotangents[$0] ?? .zeros(h.shape, dtype: h.dtype)
        }
        operands += inputs[(3 + stateCount)...]
        let reverse = RecurrentSequenceGradient(
            kind, isReversed: isReversed, hasLengths: inputs.count > 3 + stateCount)
        let flowing = Symbol.applyAll(reverse, to: operands)
        let dproduct = flowing[kind.hasTwoCotangents ? 1 : 0]
        let flat = dproduct.reshaped(to: [steps * batch, kind.gateCount * units])
        let dweights = flat.transposed()
            .matmul(before.reshaped(to: [steps * batch, units]))
        var result: [Symbol?] = [flowing[0], dweights, flat.sum(over: 0)]
        result += flowing.suffix(stateCount).map(Optional.some)
        return result + inputs[(3 + stateCount)...].map { _ in nil }
    }
}
