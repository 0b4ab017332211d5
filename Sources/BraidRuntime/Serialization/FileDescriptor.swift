#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A system call that failed, in the system's own words.
package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The value of `errno`; 0 for what has none.
    package let number: Int32
    /// As `No such file or directory`.
    package let description: String

    /// Whether there is nothing under the path.
    package var isMissingFile: Bool { number == ENOENT || number == ENOTDIR }

    init(_ description: String) {
        number = 0
        self.description = description
    }

    /// The failure of the call before.
    static var last: SystemError { SystemError(number: errno) }

    private init(number: Int32) {
        self.number = number
        description = String(cString: strerror(number))
    }
}

/// An open file, closed at the end of its life. Every call goes on after an interruption by a signal.
package struct FileDescriptor: ~Copyable, Sendable {
    private let number: Int32

    deinit { _ = close(number) }

    private init(opening path: String, _ flags: Int32) throws(SystemError) {
        // Open never waits for the other end of a pipe that stands where a file should be.
        number = open(path, flags | O_CLOEXEC | O_NONBLOCK, 0o666)
        if number < 0 { throw .last }
    }

    /// Opens a regular file for reading.
    /// - Throws: `SystemError` also for what is no regular file.
    package static func reading(_ path: String) throws(SystemError) -> FileDescriptor {
        let file = try FileDescriptor(opening: path, O_RDONLY)
        guard try file.status().st_mode & S_IFMT == S_IFREG else {
            throw SystemError("not a regular file")
        }
        return file
    }

    /// Makes a file that does not exist yet and opens it for writing.
    static func creating(_ path: String) throws(SystemError) -> FileDescriptor {
        try FileDescriptor(opening: path, O_WRONLY | O_CREAT | O_EXCL)
    }

    /// Opens a folder, for `synchronize()`.
    static func folder(_ path: String) throws(SystemError) -> FileDescriptor {
        try FileDescriptor(opening: path, O_RDONLY | O_DIRECTORY)
    }

    private func status() throws(SystemError) -> stat {
        var status = stat()
        if fstat(number, &status) != 0 { throw .last }
        return status
    }

    /// Bytes in the file.
    package func byteCount() throws(SystemError) -> Int { Int(try status().st_size) }

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

    /// The bytes of a range.
    /// - Throws: `SystemError` also when the file ends before.
    package func bytes(at offset: Int, count: Int) throws(SystemError) -> [UInt8] {
        var failure: SystemError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            do throws(SystemError) {
                try read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
                initialized = count
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Appends all of `bytes`.
    func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            #if canImport(Glibc)
                let count = Glibc.write(number, bytes.baseAddress! + done, bytes.count - done)
            #elseif canImport(Musl)
                let count = Musl.write(number, bytes.baseAddress! + done, bytes.count - done)
            #else
                let count = Darwin.write(number, bytes.baseAddress! + done, bytes.count - done)
            #endif
            if count < 0, errno == EINTR { continue }
            if count < 0 { throw .last }
            done += count
        }
    }

    /// Returns when the file's content is on the disk.
    func synchronize() throws(SystemError) {
        // Some file systems cannot synchronise folders and say EINVAL.
        if fsync(number) != 0, errno != EINVAL { throw .last }
    }
}
