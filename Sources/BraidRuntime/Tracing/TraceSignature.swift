import BraidCore
import BraidGraph

/// What a trace depends on beside the traced code: a call with another signature needs another trace.
struct TraceSignature: Hashable, Sendable {
    let arguments: [TensorType]
    let mode: Mode
    /// Whether gradients are wanted.
    let isRecording: Bool
    /// What the traced block is made of; empty when that cannot change.
    let structure: [String]

    init(_ arguments: [NDArray], _ ambient: Ambient, structure: [String]) {
        self.init(
            arguments.map(\.type), mode: ambient.mode, isRecording: ambient.tape != nil,
            structure: structure)
    }

    init(_ arguments: [TensorType], mode: Mode, isRecording: Bool, structure: [String] = []) {
        self.arguments = arguments
        self.mode = mode
        self.isRecording = isRecording
        self.structure = structure
    }
}
