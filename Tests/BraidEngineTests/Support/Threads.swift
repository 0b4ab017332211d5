import BraidEngine
import BraidPlatform
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A counting semaphore.
final class Semaphore: @unchecked Sendable {
    private let handle = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init(_ value: UInt32 = 0) { sem_init(handle, 0, value) }

    deinit {
        sem_destroy(handle)
        handle.deallocate()
    }

    func signal() { sem_post(handle) }
    func wait() { while sem_wait(handle) != 0 {} }

    /// - Returns: whether a signal came in time.
    func wait(seconds: Double) -> Bool {
        var deadline = timespec()
        clock_gettime(CLOCK_REALTIME, &deadline)
        let nanoseconds = deadline.tv_nsec + Int(seconds.truncatingRemainder(dividingBy: 1) * 1e9)
        deadline.tv_sec += Int(seconds) + nanoseconds / 1_000_000_000
        deadline.tv_nsec = nanoseconds % 1_000_000_000
        while sem_timedwait(handle, &deadline) != 0 {
            if errno == ETIMEDOUT { return false }
        }
        return true
    }
}

/// A value behind a lock that the thread sanitizer knows, unlike `Mutex`.
final class Locked<Value>: @unchecked Sendable {
    private let semaphore = Semaphore(1)
    private var value: Value

    init(_ value: Value) { self.value = value }

    func withLock<R>(_ body: (inout Value) throws -> R) rethrows -> R {
        semaphore.wait()
        defer { semaphore.signal() }
        return try body(&value)
    }
}

/// A meeting of several threads.
final class Barrier: Sendable {
    private let arrived = Atomic<Int>(0)
    private let count: Int

    init(_ count: Int) { self.count = count }

    /// Returns when all have come.
    func meet() {
        arrived.wrappingAdd(1, ordering: .acquiringAndReleasing)
        while arrived.load(ordering: .acquiring) < count { sched_yield() }
    }
}

/// A thread of the user.
final class UserThread: Sendable {
    private let end = Semaphore()

    init(_ body: @escaping @Sendable () -> Void) {
        let thread = WorkerThread { [end] in
            body()
            end.signal()
        }
        precondition(thread != nil, "no thread left")
        thread?.detach()
    }

    /// Waits for the thread's end.
    func join() { end.wait() }

    /// Runs `body` on several threads at once and waits for all of them.
    static func run(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
        let threads = (0..<count).map { number in UserThread { body(number) } }
        for thread in threads { thread.join() }
    }
}

/// Ends the process with a report when a test hangs, as a hanging test cannot be unwound.
final class Watchdog: Sendable {
    private let end = Semaphore()
    private let watched = Locked<(engine: Engine?, note: String)>((nil, ""))

    /// Runs a test that must end within some seconds.
    static func run<R>(seconds: Double = 300, _ body: (Watchdog) throws -> R) rethrows -> R {
        let watchdog = Watchdog()
        let thread = UserThread {
            if watchdog.end.wait(seconds: seconds) { return }
            let (engine, note) = watchdog.watched.withLock { $0 }
            fatalError("hangs: \(note)\n\(engine?.waitReport() ?? "")")
        }
        defer {
            watchdog.end.signal()
            thread.join()
            watchdog.watched.withLock { $0.engine = nil }
        }
        return try body(watchdog)
    }

    /// Runs a test of one engine.
    static func run<R>(_ engine: Engine, _ body: () throws -> R) rethrows -> R {
        try run { watchdog in
            watchdog.observe(engine)
            return try body()
        }
    }

    /// What to report about.
    func observe(_ engine: Engine?, _ note: String = "") {
        watched.withLock { $0 = (engine, note) }
    }
}

/// Words that the engine, and nothing else, protects: jobs touch them as their accesses allow.
final class Cells: @unchecked Sendable {
    private let words: UnsafeMutablePointer<UInt64>
    let count: Int

    init(_ count: Int) {
        self.count = count
        words = .allocate(capacity: count)
        words.initialize(repeating: 0, count: count)
    }

    deinit { words.deallocate() }

    subscript(index: Int) -> UInt64 {
        get { words[index] }
        set { words[index] = newValue }
    }
}

func sleep(milliseconds: Int) { usleep(UInt32(milliseconds) * 1000) }

/// Seconds of the monotonic clock.
func seconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// A number for the calling thread.
func currentThread() -> UInt {
    #if canImport(Glibc)
        UInt(pthread_self())
    #else
        UInt(bitPattern: pthread_self())
    #endif
}

/// A flag that jobs and tests share.
final class Flag: Sendable {
    private let value: Atomic<Bool>

    init(_ value: Bool = false) { self.value = Atomic(value) }

    var isSet: Bool { value.load(ordering: .acquiring) }
    func set(_ isSet: Bool = true) { value.store(isSet, ordering: .releasing) }
}

/// A number that jobs and tests share.
final class Counter: Sendable {
    private let value = Atomic<Int>(0)

    var count: Int { value.load(ordering: .acquiring) }

    /// - Returns: the new number.
    @discardableResult
    func add(_ change: Int = 1) -> Int {
        value.wrappingAdd(change, ordering: .acquiringAndReleasing).newValue
    }
}
