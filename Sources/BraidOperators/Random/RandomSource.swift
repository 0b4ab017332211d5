import BraidCore
import BraidPlatform

/// Where random operators get their keys: a seed and a count of draws, one for the process, or one for a
/// piece of work whose draws must not depend on what else goes on. Every draw names a stream of its own
/// for the counter-based generator, so that what one operator draws never depends on another, on the order
/// of execution or on the number of threads.
public enum RandomSource {
    private struct State {
        var seed: UInt64 = 0
        var draws: UInt64 = 0

        mutating func draw() -> (key: Int64, offset: Int64) {
            draws += 1
            // 2^40 counters a draw: four elements each, more than fit in memory. There is room for 2^24
            // draws; then comes another key.
            return (Int64(bitPattern: key((draws - 1) >> 24)), Int64(bitPattern: draws << 40))
        }

        /// The seed, mixed with a number that is not 0 by the finalizer of SplitMix64.
        private func key(_ number: UInt64) -> UInt64 {
            if number == 0 { return seed }
            var key = seed &+ number &* 0x9E37_79B9_7F4A_7C15
            key = (key ^ (key >> 30)) &* 0xBF58_476D_1CE4_E5B9
            key = (key ^ (key >> 27)) &* 0x94D0_49BB_1331_11EB
            return key ^ (key >> 31)
        }
    }
    private static let state = Locked(State())

    /// The source of a piece of work.
    private final class Scoped: Sendable {
        let state: Locked<State>
        init(_ state: State) { self.state = Locked(state) }
    }
    /// Runs `body` with a source of its own, which starts from `key`, or as if there had been draws.
    package static func withSource<R>(
        key: UInt64, after draws: UInt64 = 0, _ body: () throws -> R
    ) rethrows -> R {
        try Scopes.changing({ $0.randomSource = Scoped(State(seed: key, draws: draws)) }, body)
    }

    /// Starts over: the same draws follow the same seed.
    public static func seed(_ seed: UInt64) {
        state.withLock { $0 = State(seed: seed) }
    }

    /// A key of the generator, and the counter to start from.
    package static func draw() -> (key: Int64, offset: Int64) {
        if let scoped = Scopes.current?.values.randomSource {
            return unsafeDowncast(scoped, to: Scoped.self).state.withLock { $0.draw() }
        }
        return state.withLock { $0.draw() }
    }
}
