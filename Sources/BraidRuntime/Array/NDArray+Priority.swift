import BraidCore
import BraidOperators

extension NDArray {
    /// The sum of two arrays of one type, as a job that goes before ready jobs of lower priority.
    package static func sum(_ a: NDArray, _ b: NDArray, priority: Int) -> NDArray {
        // Where nothing is pushed, there is nothing to go before.
        if Scopes.current?.trace != nil { return a + b }
        let op = Binary(.add)
        guard a.type == b.type else { return a + b }  // which says what is wrong
        let result = NDArray(uninitialized: a.type)
        Dispatch.push(op, [a.body, b.body], [result.body], scratchByteCount: 0, priority: priority)
        return result
    }
}
