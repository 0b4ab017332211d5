#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What this process may use of the machine.
package enum Machine {
    /// Processors, by affinity and, on Linux, by the bandwidth limit of the control group.
    package static var usableCores: Int {
        #if canImport(Darwin)
            return max(1, sysconf(_SC_NPROCESSORS_ONLN))
        #else
            let cores = allowedCores ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
            return min(cores, ControlGroups().cores ?? cores)
        #endif
    }

    /// Bytes of memory: what is built in and, on Linux, the limit of the control group.
    package static var memoryByteCount: Int {
        #if canImport(Darwin)
            return sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE)
        #else
            let physical = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
            return min(physical, ControlGroups().memoryByteCount ?? physical)
        #endif
    }

    /// Bytes of memory that nobody uses just now, as the system estimates them; nil when it does not say.
    package static var availableByteCount: Int? {
        #if canImport(Darwin)
            return nil
        #else
            let key = "MemAvailable:"
            let line = SystemFile.lines(of: "/proc/meminfo").first { $0.hasPrefix(key) }
            let words = line?.dropFirst(key.count).split(separator: " ") ?? []
            return words.first.flatMap { Int($0) }.map { $0 << 10 }
        #endif
    }

    #if !canImport(Darwin)
        /// The processors of the affinity mask, which stand in `/proc` as `0-3,8`.
        private static var allowedCores: Int? {
            let key = "Cpus_allowed_list:"
            guard
                let line = SystemFile.lines(of: "/proc/self/status").first(where: {
                    $0.hasPrefix(key)
                })
            else { return nil }
            var count = 0
            for part in line.dropFirst(key.count).split(separator: ",") {
                let ends = part.split(separator: "-").compactMap { end in
                    Int(end.filter { $0 != " " && $0 != "\t" })
                }
                guard let first = ends.first, let last = ends.last, last >= first else {
                    return nil
                }
                count += last - first + 1
            }
            return count > 0 ? count : nil
        }
    #endif
}
