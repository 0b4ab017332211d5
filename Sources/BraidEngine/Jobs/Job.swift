/// One job in flight: a run and the job's number in it, 0 for a plain push.
struct Job: Hashable, Sendable {
    let run: Run
    let index: Int

    var label: String { run.program.map { $0.jobs[index].label } ?? run.label }
    var priority: Int { run.program.map { $0.jobs[index].priority } ?? run.priority }
    /// The position in the push sequence of the engine, nested pushes included.
    var sequence: UInt64 { run.sequence + UInt64(index) }

    /// Whether the job itself accesses the variable. Under the engine's lock, as other jobs of the
    /// run may be ending.
    func accesses(_ variable: Variable) -> Bool {
        run.uses(of: index).contains {
            run.grips.elements[run.use(at: $0).grip].variable === variable
        }
    }

    static func == (a: Job, b: Job) -> Bool { a.run === b.run && a.index == b.index }

    func hash(into hasher: inout Hasher) {
        hasher.combine(ObjectIdentifier(run))
        hasher.combine(index)
    }
}

/// How far a job is.
struct JobState: Sendable {
    /// Grants and predecessors that the job waits for; once there are none, `begun` or `ended`.
    var missing: Int32

    private static let begun: Int32 = -1
    private static let ended: Int32 = -2

    var isReady: Bool { missing == 0 }
    var hasBegun: Bool { missing < 0 }
    var hasEnded: Bool { missing == Self.ended }

    mutating func begin() { missing = Self.begun }
    mutating func end() { missing = Self.ended }
}
