import BraidPlatform
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What the engine knows of a thread: where it sleeps and which job it runs.
final class ThreadState {
    private static let count = Atomic<Int>(0)

    let parker = Parker()
    /// Names the thread in records.
    let number = ThreadState.count.wrappingAdd(1, ordering: .relaxed).newValue
    /// The innermost job on the thread's stack.
    var job: Job?
    /// The engine of `job`.
    var core: Core?
    /// The lane whose permit `job`, or the part of it, runs with.
    var lane = Lane.compute
    /// How many jobs, and parts of jobs, stand on the thread's stack.
    private(set) var depth = 0
    /// How many calls on the thread's stack keep it from helping.
    var heldBack = 0
    /// The engine that the thread works for, which it keeps alive; nil for threads of the user.
    unowned(unsafe) var employer: Core?

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        let result = pthread_key_create(&key) { state in
            #if canImport(Darwin)
                Unmanaged<ThreadState>.fromOpaque(state).release()
            #else
                if let state { Unmanaged<ThreadState>.fromOpaque(state).release() }
            #endif
        }
        invariant(result == 0, "the system has no key left for thread-specific data")
        return key
    }()

    /// The state of the calling thread, made at its first use.
    static var current: ThreadState {
        if let state = pthread_getspecific(key) {
            return Unmanaged<ThreadState>.fromOpaque(state).takeUnretainedValue()
        }
        let state = ThreadState()
        pthread_setspecific(key, Unmanaged.passRetained(state).toOpaque())
        return state
    }

    /// What runs on the thread now.
    var frame: JobFrame { JobFrame(thread: number, depth: depth) }

    /// The job of `core` that the thread is running, if any.
    func job(of core: Core) -> Job? { self.core === core ? job : nil }

    /// Runs `body` as part of `job`, with a permit of `lane`.
    func within<R>(_ job: Job, of core: Core, _ lane: Lane, _ body: () -> R) -> R {
        let (outerJob, outerCore, outerLane) = (self.job, self.core, self.lane)
        (self.job, self.core, self.lane) = (job, core, lane)
        depth += 1
        defer {
            (self.job, self.core, self.lane) = (outerJob, outerCore, outerLane)
            depth -= 1
        }
        return body()
    }
}
