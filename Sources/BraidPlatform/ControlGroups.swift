#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The limits of the control groups that this process is in, on Linux: of version 2, of version 1, or
/// of both where a system has controllers in either.
package struct ControlGroups {
    /// A group of the process, and where the groups of its controllers are mounted.
    private struct Group {
        let mounts: [String]
        let path: Substring
    }

    /// Where the process's groups are listed, as `0::/a/b` and `4:memory:/a/b`.
    private let listing: [Substring]
    private let root: String

    /// - Parameters:
    ///   - root: where the file systems of control groups are mounted.
    ///   - listing: the file that names the groups.
    package init(root: String = "/sys/fs/cgroup", listing: String = "/proc/self/cgroup") {
        self.root = root
        self.listing = SystemFile.lines(of: listing)
    }

    /// The least limit of memory in bytes; nil when none is set.
    package var memoryByteCount: Int? {
        least([
            least(unified) { Self.number(in: $0 + "/memory.max") },
            // Without a limit, version 1 says a number larger than any memory.
            least(group(of: "memory")) { Self.number(in: $0 + "/memory.limit_in_bytes") },
        ])
    }

    /// The least quota of processor time as whole processors, rounded up; nil when none is set.
    package var cores: Int? {
        least([
            least(unified) { group in
                let words = SystemFile.lines(of: group + "/cpu.max").first?.split(separator: " ")
                guard let words, words.count == 2 else { return nil }
                return Self.cores(quota: Int(words[0]), period: Int(words[1]))
            },
            least(group(of: "cpu")) { group in
                Self.cores(
                    quota: Self.number(in: group + "/cpu.cfs_quota_us"),
                    period: Self.number(in: group + "/cpu.cfs_period_us"))
            },
        ])
    }

    /// The group of version 2. Beside version 1 it is mounted in a folder of its own.
    private var unified: Group {
        let line = listing.first { $0.hasPrefix("0::") }
        return Group(mounts: [root, root + "/unified"], path: line?.dropFirst(3) ?? "")
    }

    /// The group of a controller of version 1. Some systems mount several controllers as one.
    private func group(of controller: String) -> Group {
        for line in listing {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            if fields.count == 3, fields[1].split(separator: ",").contains(controller[...]) {
                return Group(
                    mounts: [root + "/" + controller, root + "/" + fields[1]], path: fields[2])
            }
        }
        return Group(mounts: [root + "/" + controller], path: "")
    }

    /// The least limit from a group up to the root.
    private func least(_ group: Group, _ limit: (String) -> Int?) -> Int? {
        var path = group.path
        var values: [Int?] = []
        while true {
            for mount in group.mounts { values.append(limit(mount + path)) }
            guard let slash = path.lastIndex(of: "/") else { return least(values) }
            path = path[..<slash]
        }
    }

    private func least(_ values: [Int?]) -> Int? { values.compactMap(\.self).min() }

    private static func cores(quota: Int?, period: Int?) -> Int? {
        guard let quota, let period, quota > 0, period > 0 else { return nil }
        return max(1, (quota - 1) / period + 1)
    }

    /// The number of which a file consists.
    private static func number(in path: String) -> Int? {
        SystemFile.lines(of: path).first.flatMap { Int($0) }
    }
}

/// Small files in which the system says something.
enum SystemFile {
    /// The lines of a file; none when it cannot be read.
    static func lines(of path: String) -> [Substring] {
        guard let file = fopen(path, "re") else { return [] }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 14)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n")
    }
}
