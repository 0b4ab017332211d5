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
            return min(cores, controlGroupCores ?? cores)
        #endif
    }

    /// Bytes of memory: what is built in and, on Linux, the limit of the control group.
    package static var memoryByteCount: Int {
        #if canImport(Darwin)
            return sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE)
        #else
            let physical = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
            let limit = leastInControlGroups { group in
                lines(of: group + "/memory.max").first.flatMap { Int($0) }
            }
            return min(physical, limit ?? physical)
        #endif
    }

    #if !canImport(Darwin)
        /// The processors of the affinity mask, which stand in `/proc` as `0-3,8`.
        private static var allowedCores: Int? {
            let key = "Cpus_allowed_list:"
            guard let line = lines(of: "/proc/self/status").first(where: { $0.hasPrefix(key) })
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

        /// The quota of processor time as whole processors, rounded up.
        private static var controlGroupCores: Int? { leastInControlGroups(quota) }

        /// The least limit that is set from the process's control group (version 2) up to the root.
        private static func leastInControlGroups(_ limit: (String) -> Int?) -> Int? {
            let own = lines(of: "/proc/self/cgroup").first { $0.hasPrefix("0::") }
            var path = own?.dropFirst(3) ?? ""
            var least: Int?
            while true {
                if let value = limit("/sys/fs/cgroup" + path) { least = min(value, least ?? value) }
                guard let slash = path.lastIndex(of: "/") else { return least }
                path = path[..<slash]
            }
        }

        private static func quota(_ group: String) -> Int? {
            let words = lines(of: group + "/cpu.max").first?.split(separator: " ") ?? []
            guard words.count == 2, let quota = Int(words[0]), let period = Int(words[1]),
                quota > 0, period > 0
            else { return nil }
            return max(1, (quota + period - 1) / period)
        }

        /// The lines of a small file of the system; none when it cannot be read.
        private static func lines(of path: String) -> [Substring] {
            guard let file = fopen(path, "r") else { return [] }
            defer { fclose(file) }
            var bytes = [UInt8](repeating: 0, count: 1 << 14)
            let count = fread(&bytes, 1, bytes.count, file)
            return String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n")
        }
    #endif
}
