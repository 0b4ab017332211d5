import BraidEngine

/// The task that runs, or the thread outside all tasks; inside a job the job, whose code is no part of what
/// its thread does otherwise.
struct TaskIdentity: Equatable, Sendable {
    private let task: Int?
    private let thread: UInt

    static var current: TaskIdentity {
        if !JobFrame.isInsideJob, let task = withUnsafeCurrentTask(body: { $0?.hashValue }) {
            // A task may go on on another thread.
            return TaskIdentity(task: task, thread: 0)
        }
        return TaskIdentity(task: nil, thread: JobFrame.current.number)
    }
}
