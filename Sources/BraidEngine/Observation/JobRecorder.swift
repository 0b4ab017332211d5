import BraidPlatform
import Synchronization

/// When and where one job ran.
public struct JobRecord: Sendable {
    /// The job's label.
    public let label: String
    /// On whose behalf the job ran: the label of its program, or what its push said.
    public let owner: String?
    /// A small number that stands for the thread.
    public let thread: Int
    /// Nanoseconds of the monotonic clock at which the body began.
    public let start: UInt64
    /// Nanoseconds that the body took.
    public let duration: UInt64
}

/// Collects records while it is on.
final class JobRecorder: Sendable {
    private let recording = Atomic<Bool>(false)
    private let records = Locked<[JobRecord]>([])

    var isOn: Bool { recording.load(ordering: .relaxed) }

    var now: UInt64 { MonotonicClock.nanoseconds }

    func start() {
        records.withLock { $0 = [] }
        recording.store(true, ordering: .relaxed)
    }

    func stop() -> [JobRecord] {
        recording.store(false, ordering: .relaxed)
        return records.withLock { records in
            defer { records = [] }
            return records
        }
    }

    func record(_ job: Job, from start: UInt64) {
        let record = JobRecord(
            label: job.label, owner: job.run.owner, thread: ThreadState.current.number,
            start: start,
            duration: now - start)
        records.withLock { $0.append(record) }
    }
}

extension JobRecord {
    /// The records in Chrome's trace event format (complete events, microseconds), which
    /// `chrome://tracing` and Perfetto open.
    public static func chromeTrace(of records: [JobRecord]) -> String {
        let origin = records.map(\.start).min() ?? 0
        let events = records.map { record in
            let owner = record.owner.map { ",\"args\":{\"owner\":\"\(escaped($0))\"}" } ?? ""
            return """
                {"name":"\(escaped(record.label))","ph":"X","pid":1,"tid":\(record.thread)\(owner),\
                "ts":\(microseconds(record.start - origin)),"dur":\(microseconds(record.duration))}
                """
        }
        return "{\"traceEvents\":[\n" + events.joined(separator: ",\n") + "\n]}\n"
    }

    private static func microseconds(_ nanoseconds: UInt64) -> String {
        let fraction = String(nanoseconds % 1000)
        return "\(nanoseconds / 1000)." + String(repeating: "0", count: 3 - fraction.count)
            + fraction
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
