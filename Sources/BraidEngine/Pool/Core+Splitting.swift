import Synchronization

/// Work that one job spreads over idle threads of the same pool.
extension Core {
    private static let spinCount = 4_000

    func parallelFor(_ count: Int, _ body: (Int) -> Void) {
        guard count > 1, threads > 1 else {
            for piece in pieceOrder(count) { body(piece) }
            return
        }
        let thread = ThreadState.current
        withoutActuallyEscaping(body) { body in
            let region = Region(
                thread.job(of: self), count, owner: thread.parker, body)
            withState { state, wakes in
                state.regions.append(region)
                state.dispatch(&wakes)
            }
            announce()
            region.run()
            withState { state, _ in state.regions.removeAll { $0 === region } }
            waitForHelpers(of: region)
            region.close()
        }
    }

    /// Pieces in order; in a drawn one on a simulated engine.
    private func pieceOrder(_ count: Int) -> [Int] {
        var order = Array(0..<count)
        guard case .simulated = kind else { return order }
        withState { state, _ in
            for last in stride(from: count - 1, to: 0, by: -1) {
                order.swapAt(last, state.scheduler.ready.draw(below: last + 1))
            }
        }
        return order
    }

    private func waitForHelpers(of region: Region) {
        var spins = 0
        while region.helpers.load(ordering: .acquiring) != 0 {
            spins += 1
            if spins > Self.spinCount { region.owner.park() }
        }
    }
}
