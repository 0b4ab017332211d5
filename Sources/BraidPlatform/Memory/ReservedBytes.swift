#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Bytes whose number comes from outside. They are reserved first, and taken from the system by a call
/// that may fail, where an array of the standard library would end the process.
package final class ReservedBytes: Sendable {
    // Safe: constant; who makes the object fills it before anyone else sees it.
    nonisolated(unsafe) private let start: UnsafeMutableRawPointer
    private let reservation: MemoryReservation
    /// How many there are.
    package let count: Int

    /// Undefined bytes.
    /// - Throws: `MemoryShortage` when there is no memory for them.
    package init(_ count: Int) throws(MemoryShortage) {
        let reservation = try MemoryBudget.reserve(count)
        guard let start = malloc(max(count, 1)) else {
            throw MemoryShortage(wanted: count, left: 0, limit: MemoryBudget.process.limit)
        }
        self.start = start
        self.reservation = reservation
        self.count = count
    }

    deinit { free(start) }

    /// The bytes.
    /// - Precondition: used only while this object lives.
    package var buffer: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: start, count: count)
    }

    /// Hands the bytes to `body`.
    package func withBytes<R, E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        defer { withExtendedLifetime(self) {} }
        return try body(UnsafeRawBufferPointer(buffer))
    }
}
