#if canImport(Glibc)
    public import Glibc
#elseif canImport(Musl)
    public import Musl
#else
    public import Darwin
#endif

/// A value behind a lock: the one lock for all state that holds references.
///
/// A POSIX mutex, which the thread sanitizer sees, unlike `Mutex` of the standard library. Unlike a lock
/// whose release is a plain store, it also is a call that the optimiser moves no retain or release across.
///
/// Copies share value and lock. No user's code runs with the lock held, and nothing waits.
///
/// Public, in a module that users do not import, because nothing else is inlined into other modules: a call
/// of the generic function costs more than the lock.
///
/// Sendable because the value is touched only with the lock held.
public struct Locked<Value: Sendable>: @unchecked Sendable {
    @usableFromInline let storage: LockStorage<Value>

    /// A lock around a first value.
    public init(_ value: Value) { storage = .make(value) }

    /// Calls `body` with the lock held.
    @inlinable @inline(__always)
    public func withLock<R, E: Error>(_ body: (inout Value) throws(E) -> R) throws(E) -> R {
        let (mutex, value) = storage.withUnsafeMutablePointers { ($0, $1) }
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value.pointee)
    }
}

/// The mutex and, behind it in one allocation, the value: POSIX objects must not move.
@usableFromInline
final class LockStorage<Value>: ManagedBuffer<pthread_mutex_t, Value> {
    static func make(_ value: Value) -> LockStorage<Value> {
        let buffer = create(minimumCapacity: 1) { _ in pthread_mutex_t() }
        buffer.withUnsafeMutablePointers { mutex, element in
            _ = pthread_mutex_init(mutex, nil)
            element.initialize(to: value)
        }
        return unsafeDowncast(buffer, to: LockStorage<Value>.self)
    }

    deinit {
        withUnsafeMutablePointers { mutex, element in
            element.deinitialize(count: 1)
            _ = pthread_mutex_destroy(mutex)
        }
    }
}
