import BraidEngine
import Synchronization

/// The arenas of one compiled graph. A call leases one; past the bound it is ordered after the call
/// that had it before, by the arena's place in the engine's order, and never blocks.
final class ArenaPool: Sendable {
    /// Calls of one graph that may run at the same time: more than that gain nothing.
    private static let bound = 16

    private struct State {
        var arenas: [Storage] = []
        var next = 0

        mutating func addArena(_ byteCount: Int) -> Storage {
            let arena = Storage(byteCount: byteCount)
            arenas.append(arena)
            return arena
        }
    }

    private let byteCount: Int
    private let state = Mutex(State())

    init(byteCount: Int) { self.byteCount = byteCount }

    /// An arena for a call that is pushed: a free one, a new one, or the one leased longest ago.
    func lease() -> Storage {
        state.withLock { state in
            if let free = state.arenas.first(where: \.isIdle) { return free }
            if state.arenas.count < Self.bound { return state.addArena(byteCount) }
            state.next = (state.next + 1) % Self.bound
            return state.arenas[state.next]
        }
    }

    /// An arena for a call that runs at once, with its write grant; nil when all are in use.
    func leaseNow() -> Storage? {
        state.withLock { state -> Storage? in
            if let free = state.arenas.first(where: { $0.tryBeginWrite() }) { return free }
            if state.arenas.count == Self.bound { return nil }
            let arena = state.addArena(byteCount)
            return arena.tryBeginWrite() ? arena : nil
        }
    }
}
