#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The system's error function, for arguments: arrays have their own.
package func errorFunction(_ x: Double) -> Double { erf(x) }
