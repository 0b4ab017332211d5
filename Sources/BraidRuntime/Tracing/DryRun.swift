package import BraidCore

/// Runs `body` on arrays that have types and no elements: nothing is computed, and parameters stay as
/// they are, but learn their shapes.
/// - Throws: the first mistake in `body`.
package func dryRun(
    on types: [TensorType], mode: Mode, _ body: ([NDArray]) -> [NDArray]
) throws(ArrayError) {
    do throws(TracedGraph.Mistake) {
        _ = try TracedGraph(
            TraceSignature(types, mode: mode, isRecording: false),
            Ambient(tape: nil, trace: nil, mode: mode, errors: ErrorSink()), body)
    } catch {
        throw error.error
    }
}
