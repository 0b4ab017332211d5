/// What an engine has done so far.
public struct EngineCounters: Sendable, Hashable {
    /// Jobs that were pushed.
    public let pushed: UInt64
    /// Jobs that ended, the skipped ones included.
    public let completed: UInt64
    /// Jobs that did not run because an input was poisoned.
    public let skipped: UInt64
    /// Jobs that were pushed and have not ended.
    public let inFlight: Int
    /// How often a push had to wait for room.
    public let blockedPushes: UInt64
    /// Threads of the pool that exist now.
    public let workers: Int
    /// Threads of the io lane that exist now; none before its first job.
    public let ioThreads: Int
    /// How often the system refused a thread, whose work others then did.
    public let refusedThreads: UInt64
}
