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
    /// splitting, in shuffled order and on several threads, over different garbage, over each input
    /// that the operator says it may overwrite. Every run must give the same bits, write every byte of the outputs
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
        for (input, value) in values.enumerated() {
            for (output, written) in outputs.enumerated()
            where op.mayOverwrite(input: input, with: output)
                && value.type.shape == written.type.shape
                && value.type.dtype.size == written.type.dtype.size
            {
                try check(
                    inPlace(op, value, views, input, output),
                    "writing output \(output) over input \(input) changes bits")
            }
        }
        return (outputs, shuffled.pieceCount)
    }

    /// The outputs, of which one is written over a copy of an input.
    private static func inPlace(
        _ op: any Operator, _ value: DenseValue, _ views: [TensorView], _ input: Int, _ output: Int
    ) throws -> [DenseValue] {
        let outputs = try OperatorRun(op, views).outputTypes.map { DenseValue($0) }
        let shared = outputs[output].buffer
        shared.address.copyMemory(from: value.buffer.address, byteCount: value.buffer.byteCount)
        var views = views
        views[input] = TensorView(
            type: value.type, strides: Strides(dense: value.type.shape), address: shared.address)
        try OperatorRun(op, views).run(into: outputs.map(\.view), garbage: 0xA5, splitter: nil)
        guard outputs.allSatisfy(\.buffer.isIntact) else {
            throw ObservationFailure(op, "wrote outside its outputs in place")
        }
        return outputs
    }
}
