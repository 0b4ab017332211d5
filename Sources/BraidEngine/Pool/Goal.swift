/// What a thread waits for while it helps.
enum Goal: Sendable {
    /// The end of one job.
    case job(Job)
    /// The end of every job that goes back to one of the first pushes from outside.
    case roots(upTo: UInt64)
    /// Room for a job of so many bytes.
    case admission(byteCount: Int)
    /// The end of the pool: what workers wait for.
    case stop
}
