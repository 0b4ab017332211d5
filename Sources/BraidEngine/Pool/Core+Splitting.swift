import BraidPlatform
import Synchronization

/// Work that one job spreads over idle threads of the same pool.
extension Core {
    private static let spinCount = 4_000

    func parallelFor(_ count: Int, _ body: (Int) -> Void) {
        let thread = ThreadState.current
        let job = thread.jobAround(of: self)?.job
        // Pieces of kernels look at no scope.
        let binding = job?.run.context.isKernel == true ? nil : JobContext.pieces
        guard count > 1, threads > 1 else {
            return runInTurn(count, in: binding, body)
        }
        if let job {
            split(job, count, in: binding, thread, body)
        } else {
            runAsJob { [self] in
                let thread = ThreadState.current
                split(thread.job(of: self)!, count, in: binding, thread, body)
            }
        }
    }

    /// Runs pieces on the calling thread.
    private func runInTurn(_ count: Int, in binding: ScopeBinding?, _ body: (Int) -> Void) {
        if let binding { return binding { runInTurn(count, in: nil, body) } }
        if case .simulated = kind {
            for piece in drawnOrder(count) { body(piece) }
        } else {
            for piece in 0..<max(count, 0) { body(piece) }
        }
    }

    private func split(
        _ job: Job, _ count: Int, in binding: ScopeBinding?, _ thread: ThreadState,
        _ body: (Int) -> Void
    ) {
        withoutActuallyEscaping(body) { body in
            let region = Region(job, count, in: binding, owner: thread, body)
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

    /// Runs a body as a job of its own and waits for it, so that what it does takes a permit as
    /// everything else does and its waits and pushes are those of a job.
    private func runAsJob(_ body: () -> Void) {
        withoutActuallyEscaping(body) { body in
            // Sendable because the caller waits: one thread at a time uses it.
            nonisolated(unsafe) let body = body
            let run = Run(
                "parallelFor", GripList(), priority: .max, byteCount: 0, body: .work { body() },
                context: .outside)
            push(run)
            wait(until: .end(Target(run: run, grip: nil)), ThreadState.current)
        }
    }

    /// Pieces in an order drawn by a simulated engine.
    private func drawnOrder(_ count: Int) -> [Int] {
        withState { state, _ in
            var order = Array(0..<max(count, 0))
            for last in stride(from: count - 1, to: 0, by: -1) {
                order.swapAt(last, state.scheduler.ready.draw(below: last + 1))
            }
            return order
        }
    }

    private func waitForHelpers(of region: Region) {
        var spins = 0
        while region.helpers.load(ordering: .acquiring) != 0 {
            spins += 1
            if spins > Self.spinCount { region.owner.park() }
        }
    }
}
