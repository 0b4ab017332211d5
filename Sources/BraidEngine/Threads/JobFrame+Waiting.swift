import BraidPlatform

/// Waits for what no engine knows of, such as an array that other code has taken out of its place.
extension JobFrame {
    /// How often the question is put at once; whoever has what is waited for mostly is about to give it back.
    private static let turnCount = 32
    /// Microseconds between later questions, doubled from one to the next.
    private static let naps = 16...1_024

    /// Returns once `isOver` says so.
    ///
    /// Meanwhile others have the permits of the jobs that the thread runs: what is waited for may wait for
    /// work that would never get one.
    package static func wait(until isOver: () -> Bool) {
        for _ in 0..<turnCount {
            if isOver() { return }
            Processor.yield()
        }
        let thread = ThreadState.current
        let permits = thread.permits()
        for permit in permits { permit.core.lend(permit.lane) }
        var nap = naps.lowerBound
        while !isOver() {
            Processor.sleep(microseconds: nap)
            nap = min(2 * nap, naps.upperBound)
        }
        for permit in permits { permit.core.takeBack(permit.lane, thread) }
    }
}
