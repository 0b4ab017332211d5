#if canImport(Glibc)
    public import Glibc
#elseif canImport(Musl)
    public import Musl
#else
    public import Darwin
#endif

/// Which thread runs.
///
/// Public for the same reason as `Locked`.
public enum ThreadIdentity {
    /// A number that no other living thread has: on Linux an address of its stack's.
    @inlinable public static var current: UInt {
        #if canImport(Darwin)
            UInt(bitPattern: pthread_self())
        #else
            UInt(pthread_self())
        #endif
    }
}
