#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The processor that the calling thread has.
package enum Processor {
    /// Lets another thread have it.
    package static func yield() { sched_yield() }

    /// Sleeps for so long, or until a signal comes.
    package static func sleep(microseconds: Int) { usleep(UInt32(microseconds)) }
}
