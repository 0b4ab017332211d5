package import BraidCore
import BraidEngine

/// Dispatch inside open scopes: tracing, recording, validating.
extension NDArray {
    /// One or two operands.
    @inline(never)
    static func scoped<O: Operator>(
        _ op: O, _ a: ArrayBody, _ b: ArrayBody?, _ ambient: Ambient
    ) -> NDArray {
        if let trace = ambient.trace {
            let inputs = if let b { [NDArray(a), NDArray(b)] } else { [NDArray(a)] }
            return Trace.of(trace).apply(op, inputs, tape: Tape.innermost(in: ambient))[0]
        }
        if let mistake = a.missingElements ?? b?.missingElements {
            return .invalid(mistake.reported(), like: a.type)
        }
        let tapes = ActiveTapes(in: ambient, for: op) { tape in
            tape.isActive(a) || b.map(tape.isActive) == true
        }
        do throws(ArrayError) {
            let output = try run(op, a, b, tape: tapes.innermost)
            tapes.forEach { tape in
                tape.record { contents in
                    contents.addInput(a, needs: op.gradientNeeds)
                    if let b { contents.addInput(b, needs: op.gradientNeeds) }
                    contents.addOutput(output, needs: op.gradientNeeds)
                    return .operation(op)
                }
            }
            return NDArray(output)
        } catch {
            return .invalid(error.reported(), like: a.type)
        }
    }

    /// Any number of operands.
    @inline(never)
    static func scoped<O: Operator>(
        _ op: O, _ inputs: [NDArray], _ ambient: Ambient
    ) -> [NDArray] {
        if let trace = ambient.trace {
            return Trace.of(trace).apply(op, inputs, tape: Tape.innermost(in: ambient))
        }
        if let mistake = inputs.lazy.compactMap(\.body.missingElements).first {
            return [.invalid(mistake.reported(), like: inputs[0].type)]
        }
        let tapes = ActiveTapes(in: ambient, for: op) { tape in
            inputs.contains { tape.isActive($0.body) }
        }
        let bodies = inputs.map(\.body)
        do throws(ArrayError) {
            let outputs = try run(op, bodies, tape: tapes.innermost)
            tapes.forEach { $0.record(.operation(op), needs: op.gradientNeeds, bodies, outputs) }
            return outputs.map { NDArray($0) }
        } catch {
            return [
                .invalid(error.reported(), like: inputs.first?.type ?? TensorType(.f32, []))
            ]
        }
    }

    /// What stands for an array after a mistake: one of a best-guess type whose elements are poisoned
    /// by the mistake. Nothing reads or writes them then, so that it may do without their memory.
    package static func invalid(_ error: ArrayError, like type: TensorType) -> NDArray {
        let nothing = NDArray(uninitialized: TensorType(type.dtype, [])).storage
        let result =
            (try? NDArray(allocating: type))
            ?? NDArray(ArrayBody(type.dtype, Layout(dense: type.shape), nothing))
        Runtime.engine.poison(result.storage, label: error.operation, error)
        return result
    }
}
