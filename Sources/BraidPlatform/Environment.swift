#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The environment of the process.
package enum Environment {
    /// The value of a variable; nil when it is not set.
    package static subscript(name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}
