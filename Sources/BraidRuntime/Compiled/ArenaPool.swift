import BraidCore
import BraidEngine
import BraidPlatform

/// The arenas of one compiled graph. A call leases one; past the bound it is ordered after the call
/// that had it before, by the arena's place in the engine's order, and never blocks.
final class ArenaPool: Sendable {
    /// Calls of one graph that may run at the same time: more than that gain nothing.
    private static let bound = 16

    private struct State {
        var arenas: [Storage] = []
        var next = 0

        mutating func addArena(_ byteCount: Int) throws(ArrayError) -> Storage {
            let arena = try Storage.allocate(byteCount)
            arenas.append(arena)
            return arena
        }
    }

    private let byteCount: Int
    /// Whether arenas wait for the next call.
    private let isKept: Bool
    private let state = Locked(State())

    init(byteCount: Int, isKept: Bool) {
        self.byteCount = byteCount
        self.isKept = isKept
    }

    /// An arena for a call that is pushed: a free one, a new one, or the one leased longest ago.
    /// - Throws: `ArrayError` when there is no memory for an arena.
    func lease() throws(ArrayError) -> Storage {
        if !isKept { return try Storage.allocate(byteCount) }
        return try state.withLock { state throws(ArrayError) in
            if let free = state.arenas.first(where: \.isIdle) { return free }
            if state.arenas.count < Self.bound { return try state.addArena(byteCount) }
            state.next = (state.next + 1) % Self.bound
            return state.arenas[state.next]
        }
    }

    /// An arena for a call that runs at once, with its write grant; nil when all are in use or there
    /// is no memory for another.
    func leaseNow() -> Storage? {
        if !isKept {
            guard let arena = try? Storage.allocate(byteCount) else { return nil }
            return arena.tryBeginWrite() ? arena : nil
        }
        return state.withLock { state -> Storage? in
            if let free = state.arenas.first(where: { $0.tryBeginWrite() }) { return free }
            if state.arenas.count == Self.bound { return nil }
            guard let arena = try? state.addArena(byteCount) else { return nil }
            return arena.tryBeginWrite() ? arena : nil
        }
    }
}
