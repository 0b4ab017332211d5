public import Testing

/// Checks that work on twice as much takes about twice the time, and not four times: at most three times, by
/// the best of several runs.
/// - Parameter prepare: makes ready for a size, untimed, and returns the work.
public func expectLinearGrowth(
    from size: Int, sourceLocation: SourceLocation = #_sourceLocation,
    _ prepare: (_ size: Int) throws -> () throws -> Void
) throws {
    func best(_ size: Int) throws -> Duration {
        var best = Duration.seconds(1_000)
        for _ in 0..<3 {
            let work = try prepare(size)
            best = min(best, try ContinuousClock().measure { try work() })
        }
        return best
    }
    var ratio = 0.0
    // Other work on the machine may disturb a measurement.
    for _ in 0..<3 {
        ratio = try best(2 * size) / best(size)
        if ratio < 3 { return }
    }
    Issue.record("twice the size takes \(ratio) times as long", sourceLocation: sourceLocation)
}
