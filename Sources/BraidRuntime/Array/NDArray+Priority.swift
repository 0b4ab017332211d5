import BraidCore
import BraidOperators

extension NDArray {
    /// The sum of two arrays of one type, as a job that goes before ready jobs of lower priority.
    package static func sum(_ a: NDArray, _ b: NDArray, priority: Int) -> NDArray {
        guard a.type == b.type else {
            let mistake = ArrayError(
                .shapeMismatch, in: "sum", "of arrays of different types, \(a.type) and \(b.type)")
            return .invalid(mistake.reported(), like: a.type)
        }
        // Where nothing is pushed, there is nothing to go before.
        if Scopes.current?.trace != nil { return a + b }
        do throws(ArrayError) {
            let result = try NDArray(allocating: a.type)
            Dispatch.push(
                Binary(.add), [a.body, b.body], [result.body], scratchByteCount: 0,
                priority: priority)
            return result
        } catch { return .invalid(error.reported(), like: a.type) }
    }
}
