#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file that appears whole or not at all: it is written under another name in the same folder, put
/// on the disk, and renamed. Without `commit()` nothing stays behind.
package struct AtomicFile: ~Copyable {
    private let path: String
    private let temporaryPath: String
    private let descriptor: FileDescriptor

    /// Starts a file that will stand at `path`, in the place of the one that may be there.
    /// - Throws: `ModelFileError` when that is no place for a file.
    package init(path: String) throws(ModelFileError) {
        let destination = try AtomicFile.destination(path)
        let folder = AtomicFile.folder(of: destination)
        // Random, so that two processes that write the same file do not meet.
        let name = ".braid-\(String(UInt64.random(in: .min ... .max), radix: 16)).tmp"
        let temporaryPath = folder == "/" ? "/\(name)" : "\(folder)/\(name)"
        let descriptor: FileDescriptor
        do throws(SystemError) {
            descriptor = try .creating(temporaryPath)
        } catch {
            throw ModelFileError(
                .unwritable, path: path, "the folder \(folder) cannot be written to: \(error)")
        }
        self.path = destination
        self.temporaryPath = temporaryPath
        self.descriptor = descriptor
    }

    deinit { unlink(temporaryPath) }

    /// Appends bytes.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(ModelFileError) {
        do throws(SystemError) { try descriptor.write(bytes) } catch {
            throw ModelFileError(.unwritable, path: path, "cannot be written: \(error)")
        }
    }

    /// Puts the file in its place.
    ///
    /// When this returns, the file and its name are on the disk; when it throws, what was there
    /// before is untouched (but for a failure of the last step, which leaves the new file there).
    package consuming func commit() throws(ModelFileError) {
        do throws(SystemError) {
            try descriptor.synchronize()
            if rename(temporaryPath, path) != 0 { throw .last }
            try FileDescriptor.folder(AtomicFile.folder(of: path)).synchronize()
        } catch {
            throw ModelFileError(.unwritable, path: path, "cannot be written: \(error)")
        }
    }

    /// Passes when a file can be written at `path`. Leaves nothing behind.
    /// - Throws: `ModelFileError` saying what is in the way.
    package static func checkWritable(_ path: String) throws(ModelFileError) {
        _ = try AtomicFile(path: path)
    }

    /// `path`, or where it leads to if a symbolic link stands there.
    private static func destination(_ path: String) throws(ModelFileError) -> String {
        guard !path.isEmpty, !path.utf8.contains(0), path.utf8.last != UInt8(ascii: "/") else {
            throw ModelFileError(.unwritable, path: path, "'\(path)' is not the name of a file")
        }
        guard let resolved = realpath(path, nil) else {
            if errno == ENOENT { return path }
            throw ModelFileError(
                .unwritable, path: path, "cannot be written: \(SystemError.last)")
        }
        defer { free(resolved) }
        var status = stat()
        if stat(resolved, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
            let isFolder = status.st_mode & S_IFMT == S_IFDIR
            throw ModelFileError(
                .unwritable, path: path,
                isFolder ? "is a folder; name a file in it" : "is not a regular file")
        }
        return String(cString: resolved)
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
