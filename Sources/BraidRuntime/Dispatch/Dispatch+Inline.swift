import BraidCore
import BraidEngine

/// The forms for one and two operands, which build no array.
extension Dispatch {
    /// Runs inline when the operands are ready, else pushes.
    @inline(__always)
    static func run<O: Operator>(
        _ op: O, _ a: ArrayBody, _ b: ArrayBody?, _ output: ArrayBody, _ estimate: Estimate
    ) {
        guard estimate.runsInline, beginReading(a, b) else {
            return push(
                op, operands(a, b), [output], scratchByteCount: estimate.scratchByteCount)
        }
        evaluate(op, a, b, output, estimate)
        a.endRead()
        b?.endRead()
    }

    /// As `run`, for an operator that looks at values first.
    @inline(never)
    static func runChecking<O: Operator>(
        _ op: O, _ a: ArrayBody, _ b: ArrayBody?, _ output: ArrayBody, _ estimate: Estimate
    ) {
        if estimate.runsInline, beginReading(a, b) {
            let takesValues = withViews(a, b, output) { Self.takesValues(op, $0, $1) }
            if takesValues { evaluate(op, a, b, output, estimate) }
            a.endRead()
            b?.endRead()
            if takesValues { return }
        }
        push(op, operands(a, b), [output], scratchByteCount: estimate.scratchByteCount)
    }

    /// Changes `target` in place: `target = op(target, operand)`, for pointwise operators.
    @inline(__always)
    static func update<O: Operator>(
        _ op: O, _ target: ArrayBody, _ operand: ArrayBody?, _ estimate: Estimate
    ) {
        guard estimate.runsInline, beginUpdating(target, operand) else {
            return push(
                op, operands(target, operand), [target],
                scratchByteCount: estimate.scratchByteCount, isUpdate: true)
        }
        evaluate(op, target, operand, target, estimate)
        target.endWrite()
        operand?.endRead()
    }

    /// As `update`, if neither `guardian` nor an operand has failed; otherwise `target` stays what it was.
    @inline(never)
    static func update<O: Operator>(
        _ op: O, _ target: ArrayBody, _ operand: ArrayBody?, _ estimate: Estimate,
        guardedBy guardian: Variable
    ) {
        push(
            op, operands(target, operand), [target], scratchByteCount: estimate.scratchByteCount,
            isUpdate: true, guardedBy: guardian)
    }

    private static func operands(_ a: ArrayBody, _ b: ArrayBody?) -> [ArrayBody] {
        if let b { [a, b] } else { [a] }
    }

    /// Takes read grants on both operands, or none.
    @inline(__always)
    private static func beginReading(_ a: ArrayBody, _ b: ArrayBody?) -> Bool {
        guard a.tryBeginRead() else { return false }
        if b?.tryBeginRead() != false { return true }
        a.endRead()
        return false
    }

    /// Takes the write grant on the target and a read grant on the operand, or none.
    @inline(__always)
    private static func beginUpdating(_ target: ArrayBody, _ operand: ArrayBody?) -> Bool {
        if operand?.tryBeginRead() == false { return false }
        if target.tryBeginWrite() { return true }
        operand?.endRead()
        return false
    }

    @inline(__always)
    private static func evaluate<O: Operator>(
        _ op: O, _ a: ArrayBody, _ b: ArrayBody?, _ output: ArrayBody, _ estimate: Estimate
    ) {
        withViews(a, b, output) { evaluateInline(op, $0, $1, estimate) }
    }

    @inline(__always)
    private static func withViews<R>(
        _ a: ArrayBody, _ b: ArrayBody?, _ output: ArrayBody,
        _ body: (UnsafeBufferPointer<TensorView>, UnsafeBufferPointer<TensorView>) -> R
    ) -> R {
        var views = (a.view, (b ?? a).view, output.view)
        return withUnsafePointer(to: &views) { views in
            views.withMemoryRebound(to: TensorView.self, capacity: 3) { views in
                body(
                    UnsafeBufferPointer(start: views, count: b == nil ? 1 : 2),
                    UnsafeBufferPointer(start: views + 2, count: 1))
            }
        }
    }
}
