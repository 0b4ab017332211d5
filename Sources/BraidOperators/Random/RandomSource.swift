import Synchronization

/// Where random operators get their keys: a seed and a count of draws, one for the process. Every
/// draw names a stream of its own for the counter-based generator, so that what one operator draws
/// never depends on another, on the order of execution or on the number of threads.
public enum RandomSource {
    private struct State {
        var seed: UInt64 = 0
        var draws: UInt64 = 0
    }
    private static let state = Mutex(State())

    /// Starts over: the same draws follow the same seed.
    public static func seed(_ seed: UInt64) {
        state.withLock { $0 = State(seed: seed) }
    }

    /// A key of the generator, and the counter to start from.
    package static func draw() -> (key: Int64, offset: Int64) {
        state.withLock { state in
            state.draws += 1
            // 2^40 counters a draw: four elements each, more than fit in memory.
            return (
                Int64(bitPattern: state.seed), Int64(bitPattern: state.draws << 40)
            )
        }
    }
}
