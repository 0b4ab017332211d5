import BraidCore
import BraidGraph

/// What a trace depends on beside the traced code: a call with another signature needs another trace.
struct TraceSignature: Hashable, Sendable {
    let arguments: [TensorType]
    let mode: Mode
    /// Whether gradients are wanted.
    let isRecording: Bool
    /// What the traced block is made of; empty when that cannot change.
    let structure: TracedStructure

    init(_ arguments: [NDArray], _ ambient: Ambient, structure: TracedStructure) {
        self.init(
            arguments.map(\.type), mode: ambient.mode, isRecording: ambient.tape != nil,
            structure: structure)
    }

    init(
        _ arguments: [TensorType], mode: Mode, isRecording: Bool,
        structure: TracedStructure = TracedStructure()
    ) {
        self.arguments = arguments
        self.mode = mode
        self.isRecording = isRecording
        self.structure = structure
    }
}

/// What a traced function is made of, in words of which equal lists mean an equal structure.
package struct TracedStructure: Hashable, Sendable {
    private let words: [String]
    // Nobody looks at them. As long as a trace is kept, no other object gets an address that its words name.
    nonisolated(unsafe) private let objects: [AnyObject]

    /// - Parameter objects: those whose addresses the words have.
    package init(_ words: [String] = [], naming objects: [AnyObject] = []) {
        self.words = words
        self.objects = objects
    }

    package static func == (a: TracedStructure, b: TracedStructure) -> Bool { a.words == b.words }

    package func hash(into hasher: inout Hasher) { hasher.combine(words) }
}
