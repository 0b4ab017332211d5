#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Where one thread sleeps. A wake-up that comes early is kept, so that none is lost; further ones
/// merge with it.
///
/// Sendable because `token` is touched with `mutex` held and `wokenForWork` under the lock of whoever wakes.
package final class Parker: @unchecked Sendable {
    // At heap addresses of their own: POSIX objects must not move.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var token = false

    /// Whether the last wake-up was meant to find a job; under the lock of whoever wakes.
    package var wokenForWork = false

    package init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Sleeps until `unpark`, or returns at once if that came before.
    package func park() {
        pthread_mutex_lock(mutex)
        while !token { pthread_cond_wait(condition, mutex) }
        token = false
        pthread_mutex_unlock(mutex)
    }

    /// Sleeps as `park` does, for at most some seconds.
    /// - Returns: whether it was woken.
    package func park(seconds: Double) -> Bool {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let nanoseconds = now.tv_nsec + Int(seconds.truncatingRemainder(dividingBy: 1) * 1e9)
        var deadline = timespec()
        deadline.tv_sec = now.tv_sec + Int(seconds) + nanoseconds / 1_000_000_000
        deadline.tv_nsec = nanoseconds % 1_000_000_000
        pthread_mutex_lock(mutex)
        var result: Int32 = 0
        while !token, result == 0 { result = pthread_cond_timedwait(condition, mutex, &deadline) }
        let woken = token
        token = false
        pthread_mutex_unlock(mutex)
        return woken
    }

    package func unpark() {
        pthread_mutex_lock(mutex)
        token = true
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
    }
}
