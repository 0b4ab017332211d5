#if canImport(Glibc)
    public import Glibc
#elseif canImport(Musl)
    public import Musl
#else
    public import Darwin
#endif

/// A place that each thread has of its own, for one object, which is released at the thread's end.
///
/// Public for the same reason as `Locked`.
public struct ThreadLocal: Sendable {
    @usableFromInline let key: pthread_key_t

    /// A place that is empty in every thread.
    public init() {
        var key = pthread_key_t()
        let result = pthread_key_create(&key) { object in
            #if canImport(Darwin)
                Unmanaged<AnyObject>.fromOpaque(object).release()
            #else
                if let object { Unmanaged<AnyObject>.fromOpaque(object).release() }
            #endif
        }
        invariant(result == 0, "the system has no key left for thread-specific data")
        self.key = key
    }

    /// The calling thread's object, made at the first call.
    @inlinable @inline(__always)
    public func object<Object: AnyObject>(_ make: () -> Object) -> Object {
        if let object = pthread_getspecific(key) {
            return Unmanaged<Object>.fromOpaque(object).takeUnretainedValue()
        }
        let object = make()
        pthread_setspecific(key, Unmanaged.passRetained(object).toOpaque())
        return object
    }
}
