#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Memory from the C library, in blocks that begin at a line of the cache.
package enum SystemMemory {
    /// Bytes to which blocks are aligned.
    private static let alignment = 64

    /// A block; nil when there is no memory.
    package static func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer? {
        var block: UnsafeMutableRawPointer?
        return posix_memalign(&block, alignment, byteCount) == 0 ? block : nil
    }

    /// Gives a block back to the C library.
    package static func deallocate(_ block: UnsafeMutableRawPointer) { free(block) }

    /// Asks the C library to hand on to the system what was given back.
    package static func trim() {
        #if canImport(Glibc)
            // Declared in a header that Swift's module leaves out.
            typealias Trim = @convention(c) (Int) -> Int32
            if let symbol = dlsym(nil, "malloc_trim") {
                _ = unsafeBitCast(symbol, to: Trim.self)(0)
            }
        #endif
    }
}
