public import BraidCore
import Synchronization

/// Eager dispatch. Without an open scope a call infers, allocates and runs; with one it goes through
/// `NDArray+Scoped`.
extension NDArray {
    /// Applies an operator without inputs.
    public static func apply<O: Operator>(_ op: O) -> NDArray { apply(op, over: []) }

    /// Applies an operator with one input and one output.
    public static func apply<O: Operator>(_ op: O, _ a: NDArray) -> NDArray {
        if Scopes.open.load(ordering: .relaxed) != 0, let ambient = Scopes.bound {
            return scoped(op, [a], ambient)[0]
        }
        let (type, estimate) = withUnsafePointer(to: a.type) { infer(op, $0, 1) }
        if O.traits.contains(.view), let layout = op.view(of: a.body.layout) {
            return NDArray(ArrayBody(type.dtype, layout, a.storage))
        }
        let result = NDArray(uninitialized: type)
        Dispatch.run(op, a.operand(of: op), result.body, estimate)
        return result
    }

    /// Applies an operator with two inputs and one output.
    public static func apply<O: Operator>(_ op: O, _ a: NDArray, _ b: NDArray) -> NDArray {
        if Scopes.open.load(ordering: .relaxed) != 0, let ambient = Scopes.bound {
            return scoped(op, [a, b], ambient)[0]
        }
        let (type, estimate) = withUnsafePointer(to: (a.type, b.type)) { pair in
            pair.withMemoryRebound(to: TensorType.self, capacity: 2) { infer(op, $0, 2) }
        }
        let result = NDArray(uninitialized: type)
        Dispatch.run(op, a.operand(of: op), b.operand(of: op), result.body, estimate)
        return result
    }

    /// Applies an operator with three inputs and one output.
    public static func apply<O: Operator>(
        _ op: O, _ a: NDArray, _ b: NDArray, _ c: NDArray
    ) -> NDArray {
        apply(op, over: [a, b, c])
    }

    /// Applies an operator with any number of inputs and one output.
    public static func apply<O: Operator>(_ op: O, over inputs: [NDArray]) -> NDArray {
        applyAll(op, to: inputs)[0]
    }

    /// Applies an operator with any number of inputs and several outputs.
    public static func applyAll<O: Operator>(_ op: O, to inputs: [NDArray]) -> [NDArray] {
        if Scopes.open.load(ordering: .relaxed) != 0, let ambient = Scopes.bound {
            return scoped(op, inputs, ambient)
        }
        do throws(ArrayError) {
            return try run(op, inputs.map(\.body), tape: nil).map { NDArray($0) }
        } catch { error.trap() }
    }

    /// Infers, allocates and runs; any number of operands.
    static func run<O: Operator>(
        _ op: O, _ inputs: [ArrayBody], tape: Tape?
    ) throws(ArrayError) -> [ArrayBody] {
        let types = inputs.map(\.type)
        let outputTypes = try op.outputs(for: types.span)
        if O.traits.contains(.view), let layout = op.view(of: inputs[0].layout) {
            let storage = NDArray(inputs[0]).storage
            return [ArrayBody(outputTypes[0].dtype, layout, storage, tape: tape)]
        }
        let outputs = outputTypes.map {
            ArrayBody($0, Storage(byteCount: $0.byteCount), tape: tape)
        }
        let estimate = Dispatch.Estimate(
            cost: op.cost(for: types.span, output: outputTypes[0]),
            scratchByteCount: op.scratchByteCount(for: types.span))
        Dispatch.run(op, inputs.map { NDArray($0).operand(of: op) }, outputs, estimate)
        return outputs
    }

    /// The body that a job of `op` reads: a dense copy where the operator asks for that.
    @inline(__always)
    private func operand<O: Operator>(of op: O) -> ArrayBody {
        O.traits.contains(.denseInputs) ? dense().body : body
    }

    /// The output's type and what a call costs; wrong operands stop the program.
    @inline(__always)
    private static func infer<O: Operator>(
        _ op: O, _ types: UnsafePointer<TensorType>, _ count: Int
    ) -> (TensorType, Dispatch.Estimate) {
        let span = Span(_unsafeStart: types, count: count)
        do throws(ArrayError) {
            let type = try op.output(for: span)
            let estimate = Dispatch.Estimate(
                cost: op.cost(for: span, output: type),
                scratchByteCount: op.scratchByteCount(for: span))
            return (type, estimate)
        } catch { error.trap() }
    }
}
