#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The running program.
package enum Executable {
    /// The folder that it stands in, links resolved; nil when the system does not say.
    package static var folder: String? {
        #if os(Linux)
            let link = "/proc/self/exe"
        #else
            var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
            var capacity = UInt32(buffer.count)
            guard _NSGetExecutablePath(&buffer, &capacity) == 0 else { return nil }
            let link = String(
                decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        #endif
        guard let resolved = realpath(link, nil) else { return nil }
        defer { free(resolved) }
        let path = String(cString: resolved)
        return path.lastIndex(of: "/").map { String(path[..<$0]) }
    }
}
