#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What a path leads to when something is to be written there.
///
/// Links are followed one by one, as a shell's `>` does: what a link leads to is written, the link
/// stays. A link to nothing makes the file that it names.
package enum FilePlace: Hashable, Sendable {
    /// A regular file, or the name of one that is not there yet.
    case file(String)
    /// A pipe or a character device.
    case stream(String)
    /// What this process has open under that number: `-`, `/dev/stdout`, `/dev/fd/5`.
    case descriptor(Int32)

    /// As many as the system follows.
    private static let maximumLinkCount = 40

    /// - Throws: `SystemError` for folders, other things that are no files, and circles of links.
    package init(_ path: String) throws(SystemError) {
        guard !path.isEmpty, !path.utf8.contains(0), path.utf8.last != UInt8(ascii: "/") else {
            throw SystemError("'\(path)' is not the name of a file")
        }
        if path == "-" {
            self = .descriptor(STDOUT_FILENO)
            return
        }
        var place = path
        for _ in 0...Self.maximumLinkCount {
            if let number = Self.ownDescriptor(place) {
                self = .descriptor(number)
                return
            }
            guard let kind = Self.kind(of: place, follows: false) else {
                // The folder tells whether the file can be made.
                guard errno == ENOENT else { throw .last }
                self = .file(place)
                return
            }
            switch kind {
            case S_IFREG: self = .file(place)
            case S_IFIFO, S_IFCHR: self = .stream(place)
            case S_IFDIR: throw SystemError("is a folder; name a file in it")
            case S_IFLNK:
                let next = try Self.target(ofLink: place)
                if Self.kind(of: next, follows: false) == nil,
                    let kind = Self.kind(of: place, follows: true)
                {
                    // A link of the system's that leads elsewhere than it says, as to a pipe.
                    guard kind == S_IFIFO || kind == S_IFCHR else {
                        throw SystemError("is not a regular file")
                    }
                    self = .stream(place)
                    return
                }
                place = next
                continue
            default: throw SystemError("is not a regular file")
            }
            return
        }
        throw SystemError(number: ELOOP)
    }

    /// Passes when the stream that this is can be written to. It is not opened: a pipe waits for its reader.
    /// - Throws: `SystemError` saying what is in the way.
    package func checkStream() throws(SystemError) {
        switch self {
        case .file: break
        case .stream(let path): if access(path, W_OK) != 0 { throw .last }
        case .descriptor(let number):
            let flags = fcntl(number, F_GETFL)
            guard flags >= 0, flags & O_ACCMODE != O_RDONLY else {
                throw SystemError(number: EBADF)
            }
        }
    }

    /// Whether bytes go on at once, so that there is nothing that could appear whole or not at all.
    package static func isStream(_ path: String) -> Bool {
        switch try? FilePlace(path) {
        case .stream, .descriptor: true
        case .file, nil: false
        }
    }

    /// Whether what is written to `path` comes out on standard output.
    package static func isStandardOutput(_ path: String) -> Bool {
        if case .descriptor(STDOUT_FILENO) = try? FilePlace(path) { true } else { false }
    }

    /// The number of the descriptor that a path of the system's stands for.
    static func ownDescriptor(_ path: String) -> Int32? {
        let names = ["/dev/stdin", "/dev/stdout", "/dev/stderr"]
        if let number = names.firstIndex(of: path) { return Int32(number) }
        let folders = [
            "/dev/fd/", "/proc/self/fd/", "/proc/thread-self/fd/", "/proc/\(getpid())/fd/",
        ]
        guard let folder = folders.first(where: { path.hasPrefix($0) }) else { return nil }
        return Int32(path.dropFirst(folder.count)).flatMap { $0 >= 0 ? $0 : nil }
    }

    /// What stands at a path; nil, and why in `errno`, when nothing does.
    private static func kind(of path: String, follows: Bool) -> mode_t? {
        var status = stat()
        guard (follows ? stat(path, &status) : lstat(path, &status)) == 0 else { return nil }
        return status.st_mode & S_IFMT
    }

    private static func target(ofLink link: String) throws(SystemError) -> String {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = readlink(link, &bytes, Int(PATH_MAX))
        guard count > 0 else { throw .last }
        // Repaired, the name would be another file's.
        guard
            let target = String(
                validating: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        else {
            throw SystemError("is a link to a name that is no UTF-8 text")
        }
        return target.hasPrefix("/") ? target : folder(of: link) + "/" + target
    }

    /// The folder that a file stands in.
    package static func folder(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
