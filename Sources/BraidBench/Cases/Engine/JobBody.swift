import Braid
import Synchronization

/// What jobs do.
enum JobBody: String, CaseIterable {
    case empty
    case microsecond = "1us"
    case tenMicroseconds = "10us"

    /// How many jobs a run has.
    var jobCount: Int {
        switch self {
        case .empty: 100_000
        case .microsecond: 30_000
        case .tenMicroseconds: 5_000
        }
    }

    /// Steps of the spinning loop.
    var spinCount: Int {
        switch self {
        case .empty: 0
        case .microsecond: Spin.countPerMicrosecond
        case .tenMicroseconds: 10 * Spin.countPerMicrosecond
        }
    }
}

/// Keeps a processor busy without touching memory.
enum Spin {
    private static let sink = Atomic<UInt64>(0)

    /// That many steps, each waiting for the one before.
    @inline(never)
    static func run(_ count: Int) {
        var x = UInt64(truncatingIfNeeded: count)
        for _ in 0..<count { x = x &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407 }
        // Depends on every step, so that none can be left out.
        if x == 0 { sink.store(x, ordering: .relaxed) }
    }

    /// Measured once: the least time of some tries.
    static let countPerMicrosecond: Int = {
        let (steps, clock) = (1_000_000, ContinuousClock())
        let best = (0..<5).map { _ in clock.measure { run(steps) } }.min()!
        return max(1, Int(Double(steps) / (best / .microseconds(1))))
    }()
}

/// Values of variables that show in which order jobs accessed them.
final class OrderTrace: Sendable {
    private let count: Int
    // Safe: the engine, or the one caller, orders the accesses.
    nonisolated(unsafe) private let values: UnsafeMutablePointer<UInt64>

    init(variableCount: Int) {
        count = variableCount
        values = .allocate(capacity: variableCount)
        values.initialize(repeating: 7, count: variableCount)
    }

    deinit { values.deallocate() }

    /// Mixes the job's number and what it reads into what it updates.
    func note(_ number: Int, _ job: JobList.Job) {
        var hash = UInt64(number) &* 0x9E37_79B9_7F4A_7C15 &+ 1
        for read in job.reads { hash = (hash ^ values[read]) &* 0xFF51_AFD7_ED55_8CCD }
        for update in job.updates { values[update] = (values[update] &* 31) ^ hash }
    }

    /// Depends on all values; exact in double precision.
    var checksum: Double {
        Double((0..<count).reduce(0 as UInt64) { ($0 &* 1_099_511_628_211) ^ values[$1] } >> 12)
    }
}
