package import BraidCore

/// Runs `body` on arrays that have types and no elements: nothing is computed, and parameters stay as
/// they are, but learn their shapes.
/// - Throws: the `ArrayError` of the first mistake in `body`.
package func dryRun(
    on types: [TensorType], mode: Mode, _ body: ([NDArray]) -> [NDArray]
) throws {
    try withMode(mode) {
        try validating {
            // What `validating` collects it throws by itself.
            _ = try? TracedGraph(
                TraceSignature(types, mode: mode, isRecording: false), Scopes.current!, body)
        }
    }
}
