import BraidCore
import BraidEngine
import BraidPlatform

/// How an operator gets from a call to a kernel: small work whose operands are ready runs at once
/// on the calling thread, everything else becomes a job of the engine.
enum Dispatch {
    /// Scalar operations up to which a call is worth less than the hand-over to another thread
    /// (some ten microseconds).
    static let inlineCostLimit = 16_384

    /// What is known of a call before it runs.
    struct Estimate {
        let cost: Int
        let scratchByteCount: Int

        var runsInline: Bool { cost <= Dispatch.inlineCostLimit && Runtime.permitsInline }
    }

    /// Runs the operator on the calling thread.
    /// - Throws: `ArrayError` for values that the operator does not take, and when there is no memory for
    ///   the scratch.
    static func evaluate<O: Operator>(
        _ op: O, _ inputs: UnsafeBufferPointer<TensorView>,
        _ outputs: UnsafeBufferPointer<TensorView>, scratchByteCount: Int,
        splitter: (any WorkSplitter)?
    ) throws(ArrayError) {
        try checkValues(op, inputs, outputs, splitter: splitter)
        try compute(op, inputs, outputs, scratchByteCount, splitter)
    }

    private static func compute<O: Operator>(
        _ op: O, _ inputs: UnsafeBufferPointer<TensorView>,
        _ outputs: UnsafeBufferPointer<TensorView>, _ scratchByteCount: Int,
        _ splitter: (any WorkSplitter)?
    ) throws(ArrayError) {
        if scratchByteCount == 0 {
            op.evaluate(
                KernelContext(
                    inputs: inputs, outputs: outputs, scratch: nil, splitter: splitter))
        } else {
            let scratch = try MemoryPool.allocate(scratchByteCount)
            op.evaluate(
                KernelContext(
                    inputs: inputs, outputs: outputs, scratch: scratch, splitter: splitter))
            MemoryPool.deallocate(scratch, scratchByteCount)
        }
    }

    /// Looks at values that only data show.
    /// - Throws: `ArrayError` for those that the operator does not take.
    static func checkValues<O: Operator>(
        _ op: O, _ inputs: UnsafeBufferPointer<TensorView>,
        _ outputs: UnsafeBufferPointer<TensorView>, splitter: (any WorkSplitter)?
    ) throws(ArrayError) {
        if O.traits.contains(.checksValues) {
            try op.checkValues(
                KernelContext(inputs: inputs, outputs: outputs, scratch: nil, splitter: splitter))
        }
    }

    /// Runs a small operator, which needs little scratch, on the calling thread.
    @inline(__always)
    static func evaluateInline<O: Operator>(
        _ op: O, _ inputs: UnsafeBufferPointer<TensorView>,
        _ outputs: UnsafeBufferPointer<TensorView>, _ estimate: Estimate
    ) {
        guard estimate.scratchByteCount == 0 else {
            return evaluateInlineWithScratch(op, inputs, outputs, estimate.scratchByteCount)
        }
        op.evaluate(
            KernelContext(inputs: inputs, outputs: outputs, scratch: nil, splitter: nil))
    }

    @inline(never)
    private static func evaluateInlineWithScratch<O: Operator>(
        _ op: O, _ inputs: UnsafeBufferPointer<TensorView>,
        _ outputs: UnsafeBufferPointer<TensorView>, _ byteCount: Int
    ) {
        do throws(ArrayError) {
            try compute(op, inputs, outputs, byteCount, nil)
        } catch { error.trap() }
    }

    /// Pushes the operator as a job.
    /// - Parameters:
    ///   - isUpdate: the output is one of the inputs and is changed in place.
    ///   - guardian: what an update depends on beside its operands; the output then stays what it was when
    ///     one of them has failed.
    @inline(never)
    static func push<O: Operator>(
        _ op: O, _ inputs: [ArrayBody], _ outputs: [ArrayBody], scratchByteCount: Int,
        isUpdate: Bool = false, guardedBy guardian: Variable? = nil, priority: Int = 0
    ) {
        // A job in whose body no scope is open hears of values of traces here.
        let sources = inputs.map { StoredView(NDArray($0).withElements().body) }
        let targets = outputs.map(StoredView.init)
        let engine = Runtime.engine
        let origin = CheckedMode.isOn ? CallOrigin() : nil
        let computation: @Sendable () throws -> Void = { [unowned engine] in
            try sources.map(\.view).withUnsafeBufferPointer { inputs in
                try targets.map(\.view).withUnsafeBufferPointer { outputs in
                    if let origin {
                        let check = CheckedEvaluation(op, inputs, outputs, origin)
                        return try check(scratchByteCount: scratchByteCount)
                    }
                    try evaluate(
                        op, inputs, outputs, scratchByteCount: scratchByteCount, splitter: engine)
                }
            }
        }
        let body =
            O.traits.contains(.checksValues) ? namingBlock(computation) : computation
        let written = targets.map { $0.storage as Variable }
        guard let guardian else {
            return engine.push(
                O.name, reads: sources.map(\.storage), updates: isUpdate ? written : [],
                overwrites: isUpdate ? [] : written, priority: priority, bytes: scratchByteCount,
                owner: JobOwner.current, context: .kernel, body)
        }
        engine.push(
            O.name,
            accesses: ([guardian] + sources.map(\.storage)).map { ($0, .read) }
                + written.map { ($0, .updateOrKeep) },
            priority: priority, bytes: scratchByteCount, owner: JobOwner.current, body)
    }

    /// A mistake that the job finds names the block that is being called now. Only jobs that look at values
    /// pay for it.
    private static func namingBlock(
        _ body: @escaping @Sendable () throws -> Void
    ) -> @Sendable () throws -> Void {
        guard let block = CallFrame.kept else { return body }
        return {
            do { try body() } catch let mistake as ArrayError { throw mistake.inBlock(block()) }
        }
    }

    /// Runs inline when the operands are ready, else pushes; any number of operands.
    static func run<O: Operator>(
        _ op: O, _ inputs: [ArrayBody], _ outputs: [ArrayBody], _ estimate: Estimate
    ) {
        if estimate.runsInline, beginReading(inputs) {
            let hasRun = inputs.map(\.view).withUnsafeBufferPointer { inputs in
                outputs.map(\.view).withUnsafeBufferPointer { outputs in
                    guard takesValues(op, inputs, outputs) else { return false }
                    evaluateInline(op, inputs, outputs, estimate)
                    return true
                }
            }
            for input in inputs { input.endRead() }
            if hasRun { return }
        }
        push(op, inputs, outputs, scratchByteCount: estimate.scratchByteCount)
    }

    /// Whether the operator takes the values of its operands. Where it does not the caller pushes it as a
    /// job, which finds the same and fails as jobs do.
    static func takesValues<O: Operator>(
        _ op: O, _ inputs: UnsafeBufferPointer<TensorView>,
        _ outputs: UnsafeBufferPointer<TensorView>
    ) -> Bool {
        do throws(ArrayError) {
            try checkValues(op, inputs, outputs, splitter: nil)
            return true
        } catch { return false }
    }

    /// Takes read grants on all operands, or none.
    private static func beginReading(_ inputs: [ArrayBody]) -> Bool {
        for (index, input) in inputs.enumerated() {
            if input.tryBeginRead() { continue }
            for granted in inputs[..<index] { granted.endRead() }
            return false
        }
        return true
    }
}
