public import BraidCore
import BraidPlatform
import Synchronization

/// Eager dispatch. Without an open scope a call infers, allocates and runs; with one it goes through
/// `NDArray+Scoped`.
extension NDArray {
    /// Applies an operator without inputs.
    public static func apply<O: Operator>(_ op: O) -> NDArray { apply(op, over: []) }

    /// Applies an operator with one input and one output.
    public static func apply<O: Operator>(_ op: O, _ a: NDArray) -> NDArray {
        apply(op, a.body, nil)
    }

    /// Applies an operator with two inputs and one output.
    public static func apply<O: Operator>(_ op: O, _ a: NDArray, _ b: NDArray) -> NDArray {
        apply(op, a.body, b.body)
    }

    @inline(__always)
    private static func apply<O: Operator>(_ op: O, _ a: ArrayBody, _ b: ArrayBody?) -> NDArray {
        if ScopeBinding.open.load(ordering: .relaxed) != 0, let ambient = Scopes.current {
            return scoped(op, a, b, ambient)
        }
        do throws(ArrayError) { return NDArray(try run(op, a, b, tape: nil)) } catch {
            // A job hears of its mistakes without a scope.
            if let ambient = Scopes.innermost { return scoped(op, a, b, ambient) }
            error.trap()
        }
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
        if ScopeBinding.open.load(ordering: .relaxed) != 0, let ambient = Scopes.current {
            return scoped(op, inputs, ambient)
        }
        do throws(ArrayError) {
            return try run(op, inputs.map(\.body), tape: nil).map { NDArray($0) }
        } catch {
            if let ambient = Scopes.innermost { return scoped(op, inputs, ambient) }
            error.trap()
        }
    }

    /// Infers, allocates and runs; one or two operands.
    @inline(__always)
    static func run<O: Operator>(
        _ op: O, _ a: ArrayBody, _ b: ArrayBody?, tape: Tape?
    ) throws(ArrayError) -> ArrayBody {
        if !O.traits.isDisjoint(with: [.view, .denseInputs, .checksValues]),
            let output = try runOtherwise(op, a, b, tape)
        {
            return output
        }
        let (type, estimate) = try infer(op, a, b)
        let output = ArrayBody(type, try storage(for: type, of: op), tape: tape)
        Dispatch.run(op, a, b, output, estimate)
        return output
    }

    /// The output as a view of the first operand, computed from dense copies, or once the operator has
    /// looked at its operands; nil where it can run on them as they are, and has to.
    @inline(never)
    private static func runOtherwise<O: Operator>(
        _ op: O, _ a: ArrayBody, _ b: ArrayBody?, _ tape: Tape?
    ) throws(ArrayError) -> ArrayBody? {
        if O.traits.contains(.view) {
            let (type, _) = try infer(op, a, b)
            if let mistake = a.missingElements { throw mistake }
            if let layout = op.view(of: a.layout) {
                return ArrayBody(type.dtype, layout, a.storage, tape: tape)
            }
        }
        if O.traits.contains(.denseInputs), !a.isDense || b?.isDense == false {
            // Wrong operands are not worth a copy.
            _ = try infer(op, a, b)
            return try run(op, dense(a), b.map(dense), tape: tape)
        }
        if O.traits.contains(.checksValues) {
            let (type, estimate) = try infer(op, a, b)
            let output = ArrayBody(type, try storage(for: type, of: op), tape: tape)
            Dispatch.runChecking(op, a, b, output, estimate)
            return output
        }
        return nil
    }

    /// Infers, allocates and runs; any number of operands.
    static func run<O: Operator>(
        _ op: O, _ inputs: [ArrayBody], tape: Tape?
    ) throws(ArrayError) -> [ArrayBody] {
        let types = inputs.map(\.type)
        let outputTypes = try op.outputs(for: types.span)
        if O.traits.contains(.view) {
            if let mistake = inputs[0].missingElements { throw mistake }
            if let layout = op.view(of: inputs[0].layout) {
                return [ArrayBody(outputTypes[0].dtype, layout, inputs[0].storage, tape: tape)]
            }
        }
        let outputs = try outputTypes.map { type throws(ArrayError) in
            ArrayBody(type, try storage(for: type, of: op), tape: tape)
        }
        let estimate = Dispatch.Estimate(
            cost: op.cost(for: types.span, output: outputTypes[0]),
            scratchByteCount: op.scratchByteCount(for: types.span))
        Dispatch.run(
            op, O.traits.contains(.denseInputs) ? inputs.map(dense) : inputs, outputs, estimate)
        return outputs
    }

    /// Memory for a result.
    /// - Throws: `ArrayError` naming operator and type when there is none.
    @inline(__always)
    private static func storage<O: Operator>(
        for type: TensorType, of op: O
    ) throws(ArrayError) -> Storage {
        do throws(ArrayError) { return try Storage.allocate(type.byteCount) } catch {
            throw shortage(error, for: type, of: op)
        }
    }

    @inline(never)
    private static func shortage<O: Operator>(
        _ error: ArrayError, for type: TensorType, of op: O
    ) -> ArrayError {
        ArrayError(error.code, in: op.title, "no memory for the result \(type): \(error.message)")
    }

    private static func dense(_ body: ArrayBody) -> ArrayBody { NDArray(body).dense().body }

    /// The output's type and what a call costs; one or two operands.
    @inline(__always)
    static func infer<O: Operator>(
        _ op: O, _ a: ArrayBody, _ b: ArrayBody?
    ) throws(ArrayError) -> (TensorType, Dispatch.Estimate) {
        var types = (a.type, (b ?? a).type)
        return try withUnsafePointer(to: &types) { types throws(ArrayError) in
            try types.withMemoryRebound(to: TensorType.self, capacity: 2) {
                types throws(ArrayError) in
                let span = Span(_unsafeStart: types, count: b == nil ? 1 : 2)
                let type = try op.output(for: span)
                let estimate = Dispatch.Estimate(
                    cost: op.cost(for: span, output: type),
                    scratchByteCount: op.scratchByteCount(for: span))
                return (type, estimate)
            }
        }
    }
}
