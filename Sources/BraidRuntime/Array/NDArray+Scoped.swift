import BraidCore
import BraidEngine

/// Dispatch inside open scopes: tracing, recording, validating.
extension NDArray {
    @inline(never)
    static func scoped<O: Operator>(
        _ op: O, _ inputs: [NDArray], _ ambient: Ambient
    ) -> [NDArray] {
        if let trace = ambient.trace {
            return Trace.of(trace).apply(op, inputs)
        }
        let tapes = Tape.active(in: ambient, for: inputs, op)
        let bodies = inputs.map(\.body)
        do throws(ArrayError) {
            let outputs = try run(op, bodies, tape: tapes.first)
            for tape in tapes {
                tape.record(.operation(op), needs: op.gradientNeeds, bodies, outputs)
            }
            return outputs.map { NDArray($0) }
        } catch {
            error.report()
            return [.invalid(error, like: inputs.first?.type ?? TensorType(.f32, []))]
        }
    }

    /// What `validating` goes on with after a mistake: an array of a best-guess type whose elements
    /// are poisoned by the mistake.
    static func invalid(_ error: ArrayError, like type: TensorType) -> NDArray {
        let result = NDArray(uninitialized: type)
        Runtime.engine.poison(result.storage, label: error.operation, error)
        return result
    }
}
