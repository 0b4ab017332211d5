import BraidCore
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
            return invalidOutputs(of: op, inputs, mistake.reported())
        }
        let tapes = ActiveTapes(in: ambient, for: op) { tape in
            inputs.contains { tape.isActive($0.body) }
        }
        let bodies = inputs.map(\.body)
        do throws(ArrayError) {
            let outputs = try run(op, bodies, tape: tapes.innermost)
            tapes.forEach { $0.record(.operation(op), needs: op.gradientNeeds, bodies, outputs) }
            return outputs.map { NDArray($0) }
        } catch { return invalidOutputs(of: op, inputs, error.reported()) }
    }

    /// What stands for an operator's outputs: where it does not take such operands, one array.
    private static func invalidOutputs<O: Operator>(
        of op: O, _ inputs: [NDArray], _ error: ArrayError
    ) -> [NDArray] {
        let types = inputs.map(\.type)
        let outputs =
            (try? op.outputs(for: types.span)) ?? [types.first ?? TensorType(.f32, [])]
        return outputs.map { .invalid(error, like: $0) }
    }
}
