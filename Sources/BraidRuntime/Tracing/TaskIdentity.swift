#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The task that runs, or the thread outside all tasks.
struct TaskIdentity: Equatable, Sendable {
    private let task: Int?
    private let thread: UInt

    static var current: TaskIdentity {
        if let task = withUnsafeCurrentTask(body: { $0?.hashValue }) {
            // A task may go on on another thread.
            return TaskIdentity(task: task, thread: 0)
        }
        #if canImport(Glibc)
            return TaskIdentity(task: nil, thread: UInt(pthread_self()))
        #else
            return TaskIdentity(task: nil, thread: UInt(bitPattern: pthread_self()))
        #endif
    }
}
