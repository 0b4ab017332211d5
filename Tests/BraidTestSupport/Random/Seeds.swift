import Foundation
public import Testing

/// How often random tests repeat.
public enum TestCounts {
    /// Whether `BRAID_TEST_FULL=1` asks for the counts that the issues name.
    public static let isFull = ProcessInfo.processInfo.environment["BRAID_TEST_FULL"] == "1"

    /// Whether `BRAID_TEST_LIGHT=1` asks for little, as a sanitizer needs it.
    public static let isLight = ProcessInfo.processInfo.environment["BRAID_TEST_LIGHT"] == "1"

    /// `count` repetitions, 20 times as many in a full run.
    public static func scaled(_ count: Int) -> Int { isFull ? 20 * count : count }
}

/// Repetition over seeds. The seed of a failed repetition is printed with the failure in suites and
/// tests with the trait `.printsSeed`; `BRAID_TEST_SEED=n` repeats that one only.
public enum Seeds {
    /// The seed of the repetition that is running.
    @TaskLocal fileprivate static var current: UInt64?

    private static let chosen = ProcessInfo.processInfo.environment["BRAID_TEST_SEED"]
        .flatMap { UInt64($0) }

    /// Calls `body` `count` times, each time with a generator of its own; in a full run `full` times, which
    /// is 20 times as often unless said otherwise. What it throws is recorded as a failure of that
    /// repetition; the next ones run nevertheless.
    public static func repeated(
        _ count: Int, full: Int? = nil, _ body: (inout SeededGenerator) throws -> Void
    ) {
        let repetitions = TestCounts.isFull ? full ?? TestCounts.scaled(count) : count
        let seeds = chosen.map { [$0] } ?? Array(1...UInt64(repetitions))
        for seed in seeds {
            $current.withValue(seed) {
                var generator = SeededGenerator(seed: seed)
                do {
                    try body(&generator)
                } catch {
                    Issue.record(error)
                }
            }
        }
    }
}

extension Trait where Self == IssueHandlingTrait {
    /// Adds the running repetition's seed to each failure.
    public static var printsSeed: Self {
        .compactMapIssues { issue in
            guard let seed = Seeds.current else { return issue }
            let note: Comment = "BRAID_TEST_SEED=\(seed)"
            // Suites hand the trait on to their tests, so that it may come twice.
            if issue.comments.contains(note) { return issue }
            var issue = issue
            issue.comments.append(note)
            return issue
        }
    }
}
