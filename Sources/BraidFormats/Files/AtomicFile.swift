import BraidPlatform

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
        switch try Self.place(path) {
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
                target = .stream(try FileDescriptor(writingTo: place))
            } catch { throw Self.unwritable(path, error) }
        case .descriptor(let number):
            do throws(SystemError) {
                target = .stream(try FileDescriptor(copying: number))
            } catch { throw Self.unwritable(path, error) }
        }
    }

    private static func place(_ path: String) throws(ModelFileError) -> FilePlace {
        do throws(SystemError) { return try FilePlace(path) } catch {
            throw unwritable(path, error)
        }
    }

    private static func unwritable(_ path: String, _ error: SystemError) -> ModelFileError {
        // Without a number it says what stands there.
        ModelFileError(
            .unwritable, path: path,
            error.number == 0 ? error.description : "cannot be written: \(error)")
    }

    /// Appends bytes.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(ModelFileError) {
        do throws(SystemError) {
            switch target {
            case .file(let file): try file.write(bytes)
            case .stream(let descriptor): try descriptor.write(bytes)
            }
        } catch {
            throw Self.unwritable(path, error)
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
            throw Self.unwritable(path, error)
        }
        do throws(SystemError) {
            try FileDescriptor.folder(FilePlace.folder(of: file.destination)).synchronize()
        } catch {
            // A folder that may be written to but not be opened, or one descriptor too many: the file is
            // there, and only its name may not survive a failure of the machine.
            guard error.isOfDisk else { return }
            throw ModelFileError(
                .unwritable, path: path,
                "was written, but its folder cannot be put on the disk: \(error)")
        }
    }

    /// Passes when a file can be written at `path`. Leaves nothing behind.
    /// - Throws: `ModelFileError` saying what is in the way.
    package static func checkWritable(_ path: String) throws(ModelFileError) {
        let place = try place(path)
        if case .file = place { _ = try AtomicFile(path: path) }
        do throws(SystemError) { try place.checkStream() } catch {
            throw unwritable(path, error)
        }
    }
}
