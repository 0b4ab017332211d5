import Foundation
public import Testing

/// Checks that work on twice as much takes about twice the time, and not four times: at most three times, by
/// the least processor time of several runs, which other work on the machine disturbs little.
/// - Parameter prepare: makes ready for a size, untimed, and returns the work.
public func expectLinearGrowth(
    from size: Int, sourceLocation: SourceLocation = #_sourceLocation,
    _ prepare: (_ size: Int) throws -> () throws -> Void
) throws {
    func processorTime(_ size: Int) throws -> Double {
        let work = try prepare(size)
        let start = clock()
        try work()
        return Double(clock() - start)
    }
    var (single, double) = (Double.infinity, Double.infinity)
    for run in 1...12 {
        single = min(single, try processorTime(size))
        double = min(double, try processorTime(2 * size))
        if run >= 3, double < 3 * single { return }
    }
    Issue.record(
        "twice the size takes \(double / single) times as long", sourceLocation: sourceLocation)
}
