/// On which threads a job runs.
public enum Lane: Hashable, Sendable {
    /// The pool, and whoever helps it while waiting: for jobs that compute.
    case compute
    /// Threads of their own, for jobs that may block, such as those that read files. They take no
    /// compute thread away, start with the first such jobs and end with the engine. On engines without
    /// threads these jobs run as all others do.
    case io
}
