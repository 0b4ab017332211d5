#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Tells the user on standard error that a wait makes no progress.
enum StallReport {
    static func write(_ text: String) {
        var bytes = Array("braid: \(text)".utf8)
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
