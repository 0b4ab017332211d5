#if canImport(Glibc)
    package import Glibc
#elseif canImport(Musl)
    package import Musl
#else
    package import Darwin
#endif

/// An open file, closed at the end of its life. Every call goes on after an interruption by a signal.
package struct FileDescriptor: ~Copyable, Sendable {
    private let number: Int32

    deinit { _ = close(number) }

    /// Opens a file.
    /// - Parameter waits: whether opening a pipe waits for its other end.
    package init(
        opening path: String, _ flags: Int32, mode: mode_t = 0o666, waits: Bool = false
    ) throws(SystemError) {
        let flags = flags | O_CLOEXEC | O_NOCTTY | (waits ? 0 : O_NONBLOCK)
        var number = open(path, flags, mode)
        while number < 0, errno == EINTR { number = open(path, flags, mode) }
        if number < 0 { throw .last }
        self.number = number
    }

    /// Opens a stream to write to, and waits for its reader.
    package init(writingTo path: String) throws(SystemError) {
        try self.init(opening: path, O_WRONLY, waits: true)
    }

    /// Another descriptor of what `number` stands for.
    package init(copying number: Int32) throws(SystemError) {
        self.number = fcntl(number, F_DUPFD_CLOEXEC, 3)
        if self.number < 0 { throw .last }
    }

    /// Opens a folder, for `synchronize()`.
    package static func folder(_ path: String) throws(SystemError) -> FileDescriptor {
        try FileDescriptor(opening: path, O_RDONLY | O_DIRECTORY)
    }

    func status() throws(SystemError) -> stat {
        var status = stat()
        if fstat(number, &status) != 0 { throw .last }
        return status
    }

    /// Bytes in the file.
    package func byteCount() throws(SystemError) -> Int { Int(try status().st_size) }

    /// Where the next read begins; nil for what has no places.
    func position() -> Int? {
        let position = lseek(number, 0, SEEK_CUR)
        return position < 0 ? nil : Int(position)
    }

    /// Fills `buffer` with the bytes from `offset` on.
    /// - Throws: `SystemError` also when the file ends before.
    package func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: Int
    ) throws(SystemError) {
        var done = 0
        while done < buffer.count {
            let count = pread(
                number, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
            if count < 0, errno == EINTR { continue }
            if count < 0 { throw .last }
            if count == 0 { throw SystemError("the file ends at byte \(offset + done)") }
            done += count
        }
    }

    /// Reads what comes next into `buffer`.
    /// - Returns: how many bytes came; 0 at the end.
    func readNext(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        while true {
            #if canImport(Glibc)
                let count = Glibc.read(number, buffer.baseAddress!, buffer.count)
            #elseif canImport(Musl)
                let count = Musl.read(number, buffer.baseAddress!, buffer.count)
            #else
                let count = Darwin.read(number, buffer.baseAddress!, buffer.count)
            #endif
            if count >= 0 { return count }
            try waitAfterFailure(for: POLLIN)
        }
    }

    /// Appends all of `bytes`.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            #if canImport(Glibc)
                let count = Glibc.write(number, bytes.baseAddress! + done, bytes.count - done)
            #elseif canImport(Musl)
                let count = Musl.write(number, bytes.baseAddress! + done, bytes.count - done)
            #else
                let count = Darwin.write(number, bytes.baseAddress! + done, bytes.count - done)
            #endif
            if count < 0 { try waitAfterFailure(for: POLLOUT) } else { done += count }
        }
    }

    /// After an interruption, or when whoever made the descriptor said that it shall not wait: returns
    /// when it is worth another try.
    private func waitAfterFailure(for event: Int32) throws(SystemError) {
        if errno == EINTR { return }
        guard errno == EAGAIN else { throw .last }
        var entry = pollfd(fd: number, events: Int16(event), revents: 0)
        _ = poll(&entry, 1, -1)
    }

    /// What came of an attempt to lock a file.
    package enum Lock {
        case taken
        /// Another has it.
        case held
        /// There are no locks here, so that nobody knows.
        case unknown
    }

    /// Takes the lock of the file, which goes with this descriptor. Network file systems want one that may
    /// write.
    package func tryLock() -> Lock {
        while flock(number, LOCK_EX | LOCK_NB) != 0 {
            if errno == EWOULDBLOCK { return .held }
            if errno != EINTR { return .unknown }
        }
        return .taken
    }

    /// Whether this is what stands at `path`.
    func stands(at path: String) -> Bool {
        var (own, other) = (stat(), stat())
        return fstat(number, &own) == 0 && lstat(path, &other) == 0
            && own.st_dev == other.st_dev && own.st_ino == other.st_ino
    }

    /// Gives the file the owner and the permissions of another, as far as that is allowed.
    func takePermissions(of other: stat) {
        _ = fchown(number, other.st_uid, other.st_gid)
        _ = fchmod(number, other.st_mode & 0o777)
    }

    /// Returns when the file's content is on the disk.
    package func synchronize() throws(SystemError) {
        // Some file systems cannot synchronise, or not folders.
        let harmless = [EINVAL, ENOTSUP, EOPNOTSUPP, EROFS, ENOSYS, EBADF, EACCES, EPERM]
        while fsync(number) != 0 {
            if errno == EINTR { continue }
            if harmless.contains(errno) { return }
            throw .last
        }
    }
}
