#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file beside its target, `.NAME.braid-0.tmp`, that takes the target's place or goes.
///
/// While it is written it holds a lock, which ends with the process however that ends. So whoever
/// writes the same target next can tell those that were left behind, and removes them. Where there are no
/// locks they stay.
package final class TemporaryFile {
    /// The target.
    package let destination: String
    private let path: String
    private let descriptor: FileDescriptor
    /// What it replaces.
    private let replaced: stat?
    private var isThere = true

    /// Writers of one target at once, and more places than those are looked at.
    private static let searchedCount = 128
    private static let maximumCount = 100_000
    /// Bytes of the target's name that are repeated: a name has 255 at most.
    private static let nameByteCount = 200

    /// Makes the file, which gets the permissions of the one that stands at `destination`.
    package init(for destination: String) throws(SystemError) {
        let base = Self.base(for: destination)
        Self.removeAbandoned(base)
        var status = stat()
        let isReplacing =
            lstat(destination, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        replaced = isReplacing ? status : nil
        for number in 0..<Self.maximumCount {
            let path = "\(base)\(number).tmp"
            let descriptor: FileDescriptor
            do throws(SystemError) {
                // Not readable for others before it has its permissions.
                descriptor = try FileDescriptor(
                    opening: path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
                    mode: isReplacing ? 0o600 : 0o666)
            } catch {
                if error.number == EEXIST { continue }
                throw error
            }
            // Another may have taken it for abandoned between these two calls.
            guard descriptor.tryLock() != .held, descriptor.stands(at: path) else { continue }
            self.destination = destination
            self.path = path
            self.descriptor = descriptor
            return
        }
        throw SystemError(number: EEXIST)
    }

    deinit { if isThere { unlink(path) } }

    /// What the names of all temporary files of a target begin with.
    private static func base(for destination: String) -> String {
        let folder = FilePlace.folder(of: destination)
        var name = destination[...]
        if let slash = destination.utf8.lastIndex(of: UInt8(ascii: "/")) {
            name = destination[destination.utf8.index(after: slash)...]
        }
        while name.utf8.count > nameByteCount { name.removeLast() }
        return (folder == "/" ? "/" : folder + "/") + ".\(name).braid-"
    }

    /// Removes files whose writers are gone.
    private static func removeAbandoned(_ base: String) {
        for number in 0..<searchedCount {
            let path = "\(base)\(number).tmp"
            var status = stat()
            guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
                let file = try? FileDescriptor(opening: path, O_RDWR | O_NOFOLLOW)
            else { continue }
            // With the lock nobody else removes or renames it, so that it still stands there.
            if file.tryLock() == .taken, file.stands(at: path) { unlink(path) }
        }
    }

    package func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        try descriptor.write(bytes)
    }

    /// Puts the file on the disk and in the target's place.
    package func takePlace() throws(SystemError) {
        // Not before: those who may write may have to remove it, too.
        if let replaced { descriptor.takePermissions(of: replaced) }
        try descriptor.synchronize()
        if rename(path, destination) != 0 { throw .last }
        // The name is free: it may be another writer's now.
        isThere = false
    }
}
