import BraidCore
import BraidEngine

/// The forms for one, two and three operands, which build no array.
extension Dispatch {
    static func run<O: Operator>(_ op: O, _ a: ArrayBody, _ output: ArrayBody, _ estimate: Estimate)
    {
        let storage = NDArray(a).storage
        guard estimate.runsInline, storage.tryBeginRead() else {
            return push(op, [a], [output], scratchByteCount: estimate.scratchByteCount)
        }
        withUnsafePointer(to: NDArray(a).view) { input in
            evaluate(op, input, 1, output, estimate)
        }
        storage.endRead()
    }

    static func run<O: Operator>(
        _ op: O, _ a: ArrayBody, _ b: ArrayBody, _ output: ArrayBody, _ estimate: Estimate
    ) {
        let (first, second) = (NDArray(a).storage, NDArray(b).storage)
        guard estimate.runsInline, first.tryBeginRead() else {
            return push(op, [a, b], [output], scratchByteCount: estimate.scratchByteCount)
        }
        guard second.tryBeginRead() else {
            first.endRead()
            return push(op, [a, b], [output], scratchByteCount: estimate.scratchByteCount)
        }
        withUnsafePointer(to: (NDArray(a).view, NDArray(b).view)) { pair in
            pair.withMemoryRebound(to: TensorView.self, capacity: 2) { inputs in
                evaluate(op, inputs, 2, output, estimate)
            }
        }
        second.endRead()
        first.endRead()
    }

    @inline(__always)
    private static func evaluate<O: Operator>(
        _ op: O, _ inputs: UnsafePointer<TensorView>, _ count: Int, _ output: ArrayBody,
        _ estimate: Estimate
    ) {
        withUnsafePointer(to: NDArray(output).view) { output in
            evaluate(
                op, UnsafeBufferPointer(start: inputs, count: count),
                UnsafeBufferPointer(start: output, count: 1),
                scratchByteCount: estimate.scratchByteCount, splitter: nil)
        }
    }

    /// Changes `target` in place: `target = op(target, operand)`, for pointwise operators.
    static func update<O: Operator>(
        _ op: O, _ target: ArrayBody, _ operand: ArrayBody?, _ estimate: Estimate
    ) {
        let storage = NDArray(target).storage
        let other = operand.map { NDArray($0).storage }
        let inputs = [target] + (operand.map { [$0] } ?? [])
        func pushed() {
            push(
                op, inputs, [target], scratchByteCount: estimate.scratchByteCount, isUpdate: true)
        }
        guard estimate.runsInline else { return pushed() }
        if let other, !other.tryBeginRead() { return pushed() }
        guard storage.tryBeginWrite() else {
            other?.endRead()
            return pushed()
        }
        inputs.map { NDArray($0).view }.withUnsafeBufferPointer { views in
            evaluate(op, views.baseAddress!, views.count, target, estimate)
        }
        storage.endWrite()
        other?.endRead()
    }
}
