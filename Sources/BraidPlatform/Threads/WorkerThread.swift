#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Starts a thread; nil when the system has none left. Tests put others in the place of `WorkerThread`'s.
package typealias ThreadStart = @Sendable (_ body: @escaping @Sendable () -> Void) -> WorkerThread?

/// A thread of the pool.
package struct WorkerThread: Sendable {
    #if canImport(Glibc)
        private let handle: pthread_t
    #else
        // An opaque pointer that any thread may pass to pthread_join.
        private nonisolated(unsafe) let handle: pthread_t
    #endif

    private final class Start: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Starts a thread; nil when the system has none left.
    package init?(_ body: @escaping @Sendable () -> Void) {
        let start = Unmanaged.passRetained(Start(body))
        #if canImport(Darwin)
            var thread: pthread_t?
            let result = pthread_create(
                &thread, nil,
                { argument in
                    Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body()
                    return nil
                }, start.toOpaque())
        #else
            var thread = pthread_t()
            let result = pthread_create(
                &thread, nil,
                { argument in
                    Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue().body()
                    return nil
                }, start.toOpaque())
        #endif
        guard result == 0 else {
            start.release()
            return nil
        }
        #if canImport(Darwin)
            handle = thread!
        #else
            handle = thread
        #endif
    }

    /// Waits for the thread's end.
    package func join() { pthread_join(handle, nil) }
    /// Lets the thread end by itself.
    package func detach() { pthread_detach(handle) }
}
