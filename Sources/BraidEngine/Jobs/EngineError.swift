/// A failure of work that was handed to an engine.
///
/// A body that throws poisons what it was to write. Jobs that read poison are skipped and pass it
/// on; every wait for a poisoned variable reports the same root failure until the variable is
/// overwritten or cleared.
public struct EngineError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it was; more kinds may come.
    public struct Code: Hashable, Sendable {
        private enum Value { case failed, cycle, misplaced }
        private let value: Value
        /// The body of a job threw.
        public static let jobFailed = Code(value: .failed)
        /// A job waited for something that cannot be ready before the job itself ends.
        public static let waitCycle = Code(value: .cycle)
        /// A call that jobs must not make, made inside a job.
        public static let invalidInsideJob = Code(value: .misplaced)
    }

    /// The kind of failure.
    public let code: Code
    /// The label of the job that failed first.
    public let job: String
    /// What the body threw, when a body threw.
    public let underlying: (any Error)?
    private let message: String

    init(jobFailed job: String, _ underlying: any Error) {
        code = .jobFailed
        self.job = job
        self.underlying = underlying
        message = "job '\(job)' failed: \(underlying)"
    }

    init(waitCycle labels: [String]) {
        code = .waitCycle
        job = labels[0]
        underlying = nil
        let cycle = labels.map { "'\($0)'" }.joined(separator: " waits for ")
        message = "job \(cycle): a job cannot wait for what depends on its own end"
    }

    init(invalidInsideJob call: String, job: String) {
        code = .invalidInsideJob
        self.job = job
        underlying = nil
        message =
            "job '\(job)' called \(call), which waits for the job itself; wait for the variables "
            + "that it needs instead"
    }

    /// As `job 'log' failed: negative input`.
    public var description: String { message }
}
