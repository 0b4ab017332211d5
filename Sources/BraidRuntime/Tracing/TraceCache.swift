import BraidCore
import BraidPlatform

/// The compiled traces of one function, by signature.
final class TraceCache: Sendable {
    private struct Entry {
        let signature: TraceSignature
        let trace: CompiledTrace
        var lastUse: UInt64
    }
    private struct State {
        var entries: [Entry] = []
        var clock: UInt64 = 0
        var insertionCount = 0
    }

    private let capacity: Int
    private let state = Locked(State())

    init(capacity: Int) { self.capacity = capacity }

    /// The trace for a signature, if there is one that still holds.
    subscript(signature: TraceSignature) -> CompiledTrace? {
        state.withLock { state in
            state.clock += 1
            let known = state.entries.firstIndex {
                $0.signature == signature && $0.trace.isValid
            }
            guard let known else { return nil }
            state.entries[known].lastUse = state.clock
            return state.entries[known].trace
        }
    }

    /// Keeps a trace, unless there is one by now that still holds.
    /// - Returns: the one that is kept.
    func insert(_ trace: CompiledTrace, for signature: TraceSignature) -> CompiledTrace {
        // What goes is dropped outside the lock.
        let (kept, evicted) = state.withLock { state -> (CompiledTrace, [Entry]) in
            state.clock += 1
            if let known = state.entries.firstIndex(where: {
                $0.signature == signature && $0.trace.isValid
            }) {
                state.entries[known].lastUse = state.clock
                return (state.entries[known].trace, [])
            }
            state.insertionCount += 1
            var evicted: [Entry] = []
            if state.entries.count >= capacity {
                let oldest = state.entries.indices.min {
                    state.entries[$0].lastUse < state.entries[$1].lastUse
                }!
                evicted.append(state.entries.remove(at: oldest))
            }
            state.entries.append(
                Entry(signature: signature, trace: trace, lastUse: state.clock))
            return (trace, evicted)
        }
        withExtendedLifetime(evicted) {}
        return kept
    }

    /// The traced graphs in the order of insertion.
    var graphs: [Graph] { state.withLock { $0.entries.map(\.trace.graph) } }

    var insertionCount: Int { state.withLock { $0.insertionCount } }
}
