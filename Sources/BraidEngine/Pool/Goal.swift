/// What a thread waits for while it helps.
enum Goal: Sendable {
    /// The end of a run or the release of a variable.
    case end(Target)
    /// The end of every job that goes back to one of the first pushes from outside.
    case roots(upTo: UInt64)
    /// Room for a run of so many jobs and bytes.
    case admission(Run)
    /// The end of the pool: what workers wait for.
    case stop
}
