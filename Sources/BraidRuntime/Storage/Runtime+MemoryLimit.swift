import BraidPlatform

extension Runtime {
    /// Bytes of memory that arrays, and what is read from files, may take together: at first what the
    /// machine has, or the limit of the process's control group.
    ///
    /// Work that needs more ends in an error, where the system would end the process. A server sets it
    /// lower to leave room for others; what is taken already stays.
    public static var memoryLimit: Int {
        get { MemoryBudget.process.limit }
        set { MemoryBudget.process.limit = newValue }
    }
}
