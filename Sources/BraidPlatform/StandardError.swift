#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What the library says to whoever runs the program.
package enum StandardError {
    /// Writes a text, as far as it can be written.
    package static func write(_ text: String) {
        var bytes = Array(text.utf8)
        while !bytes.isEmpty {
            let written = Self.writeBytes(bytes)
            if written <= 0 { return }
            bytes.removeFirst(written)
        }
    }

    private static func writeBytes(_ bytes: [UInt8]) -> Int {
        #if canImport(Glibc)
            Glibc.write(STDERR_FILENO, bytes, bytes.count)
        #elseif canImport(Musl)
            Musl.write(STDERR_FILENO, bytes, bytes.count)
        #else
            Darwin.write(STDERR_FILENO, bytes, bytes.count)
        #endif
    }
}
