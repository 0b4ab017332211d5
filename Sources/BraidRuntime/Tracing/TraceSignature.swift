import BraidCore
import BraidGraph

/// What a trace depends on beside the traced code: a call with another signature needs another trace.
struct TraceSignature: Hashable, Sendable {
    let arguments: [TensorType]
    let mode: Mode
    /// Whether gradients are wanted.
    let isRecording: Bool

    init(_ arguments: [NDArray], _ ambient: Ambient) {
        self.init(
            arguments.map(\.type), mode: ambient.mode, isRecording: ambient.tape != nil)
    }

    init(_ arguments: [TensorType], mode: Mode, isRecording: Bool) {
        self.arguments = arguments
        self.mode = mode
        self.isRecording = isRecording
    }
}
