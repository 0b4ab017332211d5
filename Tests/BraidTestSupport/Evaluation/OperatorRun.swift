package import BraidCore

/// What went wrong when an operator was run under observation.
public struct ObservationFailure: Error, CustomStringConvertible {
    /// The operator and the broken rule.
    public let description: String

    init(_ op: any Operator, _ rule: String) { description = "\(op): \(rule)" }
}

/// One run of one operator.
package struct OperatorRun {
    let op: any Operator
    let inputs: [TensorView]
    let outputTypes: [TensorType]
    let scratchByteCount: Int

    init(_ op: any Operator, _ inputs: [TensorView]) throws(ArrayError) {
        self.op = op
        self.inputs = inputs
        let types = inputs.map(\.type)
        outputTypes = try op.outputs(for: types.span)
        scratchByteCount = op.scratchByteCount(for: types.span)
    }

    /// Fresh outputs over garbage.
    func callAsFunction(garbage: UInt8, splitter: (any WorkSplitter)?) throws -> [DenseValue] {
        let outputs = outputTypes.map { DenseValue($0, garbage: garbage) }
        try run(into: outputs.map(\.view), garbage: garbage, splitter: splitter)
        guard outputs.allSatisfy(\.buffer.isIntact) else {
            throw ObservationFailure(op, "wrote outside its outputs")
        }
        return outputs
    }

    /// Writes the outputs to given places.
    func run(into outputs: [TensorView], garbage: UInt8, splitter: (any WorkSplitter)?) throws {
        let scratch =
            scratchByteCount > 0
            ? GuardedBuffer(byteCount: scratchByteCount, garbage: garbage) : nil
        inputs.withUnsafeBufferPointer { inputs in
            outputs.withUnsafeBufferPointer { outputs in
                op.evaluate(
                    KernelContext(
                        inputs: inputs, outputs: outputs, scratch: scratch?.address,
                        splitter: splitter))
            }
        }
        if let scratch, !scratch.isIntact {
            throw ObservationFailure(op, "wrote outside its scratch of \(scratchByteCount) bytes")
        }
    }
}

extension OperatorRun {
    /// The outputs of an operator on host arrays, under the observations of the other form.
    /// - Throws: `ArrayError` when the inputs do not fit, `ObservationFailure` when a rule is broken.
    package static func observed(
        _ op: any Operator, _ inputs: [HostArray], _ generator: inout SeededGenerator
    ) throws -> (outputs: [HostArray], pieceCount: Int) {
        let (outputs, pieceCount) = try observed(op, inputs.map(DenseValue.init), &generator)
        return (outputs.map(\.array), pieceCount)
    }

    /// The outputs of an operator, run several times on inputs in random layouts: without and with
    /// splitting, in shuffled order and on several threads, over different garbage, in place where
    /// the operator says it can. Every run must give the same bits, write every byte of the outputs
    /// and nothing else.
    static func observed(
        _ op: any Operator, _ values: [DenseValue], _ generator: inout SeededGenerator
    ) throws -> (outputs: [DenseValue], pieceCount: Int) {
        let takesDense = type(of: op).traits.contains(.denseInputs)
        var buffers: [GuardedBuffer] = []
        let views = values.map { value in
            if takesDense || generator.oneIn(4) {
                buffers.append(value.buffer)
                return value.view
            }
            let strided = StridedValue(value, &generator)
            buffers.append(strided.buffer)
            return strided.view
        }
        let before = buffers.map(\.bytes)

        let run = try OperatorRun(op, views)
        let outputs = try run(garbage: 0xA5, splitter: nil)
        func check(_ again: [DenseValue], _ rule: String) throws {
            for (output, other) in zip(outputs, again)
            where output.buffer.bytes != other.buffer.bytes {
                throw ObservationFailure(op, "\(views.map(\.type)): \(rule)")
            }
        }
        try check(
            run(garbage: 0x5A, splitter: nil), "an output byte is not written or follows garbage")
        let shuffled = ShuffledSplitter(seed: generator.next())
        try check(run(garbage: 0x5A, splitter: shuffled), "splitting changes bits")
        let concurrent = ConcurrentSplitter()
        try check(run(garbage: 0xA5, splitter: concurrent), "concurrent pieces change bits")

        guard buffers.map(\.bytes) == before, buffers.allSatisfy(\.isIntact) else {
            throw ObservationFailure(op, "wrote to an input")
        }
        if type(of: op).traits.contains(.mayReuseFirstInput), let first = values.first,
            first.type.shape == outputs[0].type.shape,
            first.type.dtype.size == outputs[0].type.dtype.size
        {
            try check(
                [inPlace(op, first, [TensorView](views.dropFirst()), outputs[0].type)],
                "writing over the first input changes bits")
        }
        return (outputs, shuffled.pieceCount)
    }

    /// The one output, written over a copy of the first input.
    private static func inPlace(
        _ op: any Operator, _ first: DenseValue, _ others: [TensorView], _ type: TensorType
    ) throws -> DenseValue {
        let output = DenseValue(type)
        output.buffer.address.copyMemory(
            from: first.buffer.address, byteCount: first.buffer.byteCount)
        let input = TensorView(
            type: first.type, strides: Strides(dense: first.type.shape),
            address: output.buffer.address)
        try OperatorRun(op, [input] + others)
            .run(into: [output.view], garbage: 0xA5, splitter: nil)
        guard output.buffer.isIntact else {
            throw ObservationFailure(op, "wrote outside its outputs in place")
        }
        return output
    }
}
