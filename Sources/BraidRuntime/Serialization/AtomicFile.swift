#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file that appears whole or not at all: it is written under another name in the same folder, put
/// on the disk, and renamed. Without `commit()` nothing stays behind; what a killed process leaves, the
/// next writer of the same file removes. A file that is replaced keeps its permissions.
///
/// Where a pipe or a character device stands, or for `-`, which is standard output, the bytes go on at
/// once.
package struct AtomicFile: ~Copyable {
    private let path: String
    private let target: Target

    private enum Target: ~Copyable {
        case file(TemporaryFile)
        case stream(FileDescriptor)
    }

    /// Starts a file that will stand at `path`, in the place of the one that may be there; if that is a
    /// link, where it leads to.
    /// - Throws: `ModelFileError` when that is no place for a file.
    package init(path: String) throws(ModelFileError) {
        self.path = path
        switch try FilePlace(path) {
        case .file(let destination):
            do throws(SystemError) {
                target = .file(try TemporaryFile(for: destination))
            } catch {
                let folder = FilePlace.folder(of: destination)
                throw ModelFileError(
                    .unwritable, path: path,
                    error.isDescriptorShortage
                        ? "cannot be written: \(error)"
                        : "the folder \(folder) cannot be written to: \(error)")
            }
        case .stream(let place):
            do throws(SystemError) {
                target = .stream(try FileDescriptor(opening: place, O_WRONLY, waits: true))
            } catch {
                throw ModelFileError(.unwritable, path: path, "cannot be written: \(error)")
            }
        case .descriptor(let number):
            do throws(SystemError) {
                target = .stream(try FileDescriptor(copying: number))
            } catch {
                throw ModelFileError(.unwritable, path: path, "cannot be written: \(error)")
            }
        }
    }

    /// Appends bytes.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(ModelFileError) {
        do throws(SystemError) {
            switch target {
            case .file(let file): try file.write(bytes)
            case .stream(let descriptor): try descriptor.write(bytes)
            }
        } catch {
            throw ModelFileError(.unwritable, path: path, "cannot be written: \(error)")
        }
    }

    /// Puts the file in its place.
    ///
    /// When this returns, the file and its name are on the disk, as far as its file system can say; when
    /// it throws, what was there before is untouched (but for a disk that fails at the last step, which
    /// leaves the new file there: the message says so).
    package consuming func commit() throws(ModelFileError) {
        guard case .file(let file) = target else { return }
        do throws(SystemError) { try file.takePlace() } catch {
            throw ModelFileError(.unwritable, path: path, "cannot be written: \(error)")
        }
        do throws(SystemError) {
            try FileDescriptor.folder(FilePlace.folder(of: file.destination)).synchronize()
        } catch {
            // A folder that may be written to but not be opened, or one descriptor too many: the file is
            // there, and only its name may not survive a failure of the machine.
            guard [EIO, ENOSPC, EDQUOT].contains(error.number) else { return }
            throw ModelFileError(
                .unwritable, path: path,
                "was written, but its folder cannot be put on the disk: \(error)")
        }
    }

    /// Passes when a file can be written at `path`. Leaves nothing behind.
    /// - Throws: `ModelFileError` saying what is in the way.
    package static func checkWritable(_ path: String) throws(ModelFileError) {
        switch try FilePlace(path) {
        case .file: _ = try AtomicFile(path: path)
        case .stream(let place):
            // Opened only when it is written to: a pipe waits for its reader.
            guard access(place, W_OK) == 0 else {
                throw ModelFileError(
                    .unwritable, path: path, "cannot be written: \(SystemError.last)")
            }
        case .descriptor(let number):
            let flags = fcntl(number, F_GETFL)
            guard flags >= 0, flags & O_ACCMODE != O_RDONLY else {
                throw ModelFileError(
                    .unwritable, path: path,
                    "cannot be written: \(SystemError(number: EBADF))")
            }
        }
    }
}
