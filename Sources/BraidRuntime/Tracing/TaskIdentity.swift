import BraidEngine

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The task that runs, or the thread outside all tasks; inside a job the job, whose code is no part of what
/// its thread does otherwise.
struct TaskIdentity: Equatable, Sendable {
    private let task: Int?
    private let thread: UInt

    static var current: TaskIdentity {
        if JobFrame.isInsideJob { return TaskIdentity(task: nil, thread: JobFrame.current.number) }
        if let task = withUnsafeCurrentTask(body: { $0?.hashValue }) {
            // A task may go on on another thread.
            return TaskIdentity(task: task, thread: 0)
        }
        return TaskIdentity(task: nil, thread: JobFrame.current.number)
    }

    /// Names the thread that runs; never 0.
    static var currentThread: UInt {
        #if canImport(Glibc)
            UInt(pthread_self())
        #else
            UInt(bitPattern: pthread_self())
        #endif
    }
}
