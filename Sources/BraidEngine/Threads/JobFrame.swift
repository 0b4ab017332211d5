/// What runs on a thread: the body of a job, or of a part of a split job, from its begin to its end, or
/// what the thread does outside jobs.
///
/// Who lends something to the code that runs (a lock without a thread, an array taken out of its place)
/// names the frame, never the thread: a thread that waits runs other jobs on top of its stack, and those
/// are strangers to what they suspend.
package struct JobFrame: Hashable, Sendable {
    /// A number that no other frame that lives has; never 0.
    package let number: UInt

    /// Frames that can stand on one thread's stack.
    private static let depthBits: UInt = 24

    init(thread: Int, depth: Int) {
        number = UInt(thread) << Self.depthBits | UInt(depth)
    }

    /// A frame by its number.
    package init(number: UInt) { self.number = number }

    /// The frame that calls.
    package static var current: JobFrame { ThreadState.current.frame }

    /// Whether this frame cannot go on before the one that calls ends: to wait for it would be to wait for
    /// ever. That one runs on top of it, is a piece of its loop, or of a job that it waits for.
    package var isSuspendedByCaller: Bool {
        let thread = ThreadState.current
        return thread.suspends(self) || (thread.depth > 0 && Core.holdsUp(self, thread))
    }

    /// Whether this frame stands above the other one on the stack of one thread.
    package func isOnTop(of other: JobFrame) -> Bool {
        other.number < number && other.number >> Self.depthBits == number >> Self.depthBits
    }

    /// Whether a job, or what died with one, runs on the calling thread.
    package static var isInsideJob: Bool { ThreadState.current.depth > 0 }

    /// Calls `body`, which holds what other jobs may wait for: while it waits for the engine, other threads
    /// do the work, and no job starts on top of it, unless the engine has no thread to do so, or `body` is
    /// part of a job, whose waits run what they wait for. Its pushes find room at once; the wait for that comes
    /// at the end, so `body` gives back before what it holds.
    package static func withoutHelping<R>(_ body: () throws -> R) rethrows -> R {
        beginWithoutHelping()
        defer { endWithoutHelping() }
        return try body()
    }

    /// The same from here until `endWithoutHelping()` on the same thread, for accessors that yield.
    package static func beginWithoutHelping() { ThreadState.current.heldBack += 1 }
    /// Ends what `beginWithoutHelping()` began.
    package static func endWithoutHelping() {
        let thread = ThreadState.current
        thread.heldBack -= 1
        if thread.heldBack == 0, let (core, run) = thread.overdue.take() {
            core.help(until: .admission(run), thread)
        }
    }
}
