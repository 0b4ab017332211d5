import BraidPlatform

/// A failure of work that was handed to an engine.
///
/// A body that throws poisons what it was to write. Jobs that read poison are skipped and pass it
/// on; every wait for a poisoned variable reports the same root failure until the variable is
/// overwritten or cleared.
public struct EngineError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it was; more kinds may come.
    public struct Code: Hashable, Sendable {
        private enum Value { case failed, cycle, misplaced, call, inUse, depth }
        private let value: Value
        /// The body of a job threw.
        public static let jobFailed = Code(value: .failed)
        /// A job waited for something that cannot be ready before the job itself ends.
        public static let waitCycle = Code(value: .cycle)
        /// A call that jobs must not make, made inside a job.
        public static let invalidInsideJob = Code(value: .misplaced)
        /// A call for a variable that jobs of another engine name.
        public static let variableInUse = Code(value: .inUse)
        /// Waits inside jobs stood too deep on one thread, and the system had no other.
        public static let waitsTooDeep = Code(value: .depth)
        /// A wrong call: a read as another type than the array's, or of a value of a trace. `underlying`
        /// says more.
        public static let invalidCall = Code(value: .call)
    }

    /// The kind of failure.
    public let code: Code
    /// The label of the job that failed first; of a wrong call the function's name.
    public let job: String
    /// What the body threw, when a body threw; what was wrong with a wrong call.
    public let underlying: (any Error)?
    /// Where the failure was read, as `MyModule/main.swift:12`; nil where it is not known.
    public private(set) var location: String?
    /// How many jobs failed besides this one since the last `waitAll`, where `waitAll` throws the error.
    public private(set) var furtherFailureCount = 0
    private let message: String

    /// This error as `waitAll` throws it for so many failures.
    func first(of count: Int) -> EngineError {
        var error = self
        error.furtherFailureCount = count - 1
        return error
    }

    init(job: String, on engine: String, namesVariableOf other: String) {
        code = .variableInUse
        self.job = job
        underlying = nil
        message =
            "\(job): jobs of \(other) name this variable and have not ended, so that \(engine) cannot "
            + "order it; push all jobs that share a variable to one engine, or wait for it there first"
    }

    init(waitIn job: String, tooDeep depth: Int) {
        code = .waitsTooDeep
        self.job = job
        underlying = nil
        message =
            "job '\(job)' waits inside \(depth) jobs that wait for each other on one thread, and the system "
            + "has no further thread"
    }

    /// A wrong call of `function`.
    package init(invalidCall function: String, _ mistake: any Error) {
        code = .invalidCall
        job = function
        underlying = mistake
        message = "\(mistake)"
    }

    /// This error as a read at that place throws it.
    package func read(at fileID: StaticString, _ line: UInt) -> EngineError {
        var error = self
        error.location = location ?? Library.place(fileID, line)
        return error
    }

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

    /// As `job 'log' failed: negative input; read at MyModule/main.swift:12`; from `waitAll` with the number
    /// of the others.
    public var description: String {
        let place = location.map { "; read at \($0)" } ?? ""
        return switch furtherFailureCount {
        case 0: message + place
        case 1: message + "; one more job failed" + place
        case let count: message + "; \(count) more jobs failed" + place
        }
    }
}
