#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What is read from: a file whose bytes are read by their place, or the bytes of what has no places,
/// such as a pipe, a terminal or a part of an archive, which are in memory.
package struct InputFile: ~Copyable, Sendable {
    private enum Content: ~Copyable, Sendable {
        case file(FileDescriptor)
        case memory(ReservedBytes, count: Int)
    }
    private let content: Content

    /// How much of a stream is read before its reader is asked.
    private static let prefixByteCount = 1 << 16

    /// Opens what stands at `path`: a regular file, or a pipe or a character device, which is read to
    /// its end. `-` is standard input.
    /// - Parameter accepts: whether the first bytes of a stream, 64 KiB or all there are, are worth
    ///   reading on.
    /// - Throws: `SystemError` also for folders and what else has no bytes, for a stream that is not worth
    ///   it, and when there is no memory for one.
    package init(
        path: String, accepts: (UnsafeRawBufferPointer) -> Bool = { _ in true }
    ) throws(SystemError) {
        if path.utf8.contains(0) { throw SystemError("the name has a zero in it") }
        let descriptor: FileDescriptor
        if let number = path == "-" ? STDIN_FILENO : FilePlace.ownDescriptor(path) {
            descriptor = try FileDescriptor(copying: number)
        } else {
            // Opening never waits but for the other end of a pipe.
            var status = stat()
            let isPipe = stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
            descriptor = try FileDescriptor(opening: path, O_RDONLY, waits: isPipe)
        }
        switch try descriptor.status().st_mode & S_IFMT {
        case S_IFREG where descriptor.position() == 0:
            content = .file(descriptor)
        case S_IFREG, S_IFIFO, S_IFCHR, S_IFSOCK:
            let (bytes, count) = try Self.rest(of: descriptor, accepts)
            content = .memory(bytes, count: count)
        case S_IFDIR: throw SystemError("a folder, not a regular file")
        default: throw SystemError("not a regular file")
        }
    }

    /// Bytes that are in memory already.
    package init(_ bytes: ReservedBytes) { content = .memory(bytes, count: bytes.count) }

    /// A copy of bytes.
    /// - Throws: `SystemError` when there is no memory for it.
    package init(copying bytes: [UInt8]) throws(SystemError) {
        let copy = try Self.reserved(bytes.count)
        copy.buffer.copyBytes(from: bytes)
        self.init(copy)
    }

    /// What a stream has until its end.
    private static func rest(
        of stream: borrowing FileDescriptor, _ accepts: (UnsafeRawBufferPointer) -> Bool
    ) throws(SystemError) -> (ReservedBytes, count: Int) {
        var bytes = try reserved(prefixByteCount)
        var (count, isAccepted) = (0, false)
        while true {
            if count == bytes.count {
                let larger = try reserved(2 * count)
                larger.buffer.copyMemory(from: UnsafeRawBufferPointer(bytes.buffer))
                bytes = larger
            }
            let room = UnsafeMutableRawBufferPointer(rebasing: bytes.buffer[count...])
            let new = try stream.readNext(into: room)
            count += new
            if new == 0 { return (bytes, count) }
            if !isAccepted, count >= prefixByteCount {
                isAccepted = accepts(UnsafeRawBufferPointer(rebasing: bytes.buffer[..<count]))
                if !isAccepted { throw SystemError("it does not begin as such a file does") }
            }
        }
    }

    private static func reserved(_ count: Int) throws(SystemError) -> ReservedBytes {
        do throws(MemoryShortage) { return try ReservedBytes(count) } catch {
            throw SystemError(error)
        }
    }

    /// How many bytes there are.
    package func byteCount() throws(SystemError) -> Int {
        switch content {
        case .file(let descriptor): try descriptor.byteCount()
        case .memory(_, let count): count
        }
    }

    /// Fills `buffer` with the bytes from `offset` on.
    /// - Throws: `SystemError` also when there are not so many.
    package func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: Int
    ) throws(SystemError) {
        switch content {
        case .file(let descriptor): try descriptor.read(into: buffer, at: offset)
        case .memory(let bytes, let count):
            guard offset >= 0, offset <= count, buffer.count <= count - offset else {
                throw SystemError("the file ends at byte \(count)")
            }
            bytes.withBytes { buffer.copyBytes(from: $0[offset..<(offset + buffer.count)]) }
        }
    }

    /// A few bytes, such as a header.
    /// - Throws: `SystemError` also when there are not so many, or no memory for them.
    package func bytes(at offset: Int, count: Int) throws(SystemError) -> [UInt8] {
        do throws(MemoryShortage) { try MemoryBudget.check(count) } catch {
            throw SystemError(error)
        }
        // Such an initializer would write to the empty array that all threads share.
        if count == 0 {
            try read(into: UnsafeMutableRawBufferPointer(start: nil, count: 0), at: offset)
            return []
        }
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

    /// As many bytes as a file says, however many that are.
    /// - Throws: as `bytes(at:count:)`.
    package func reservedBytes(at offset: Int, count: Int) throws(SystemError) -> ReservedBytes {
        let bytes = try Self.reserved(count)
        try read(into: bytes.buffer, at: offset)
        return bytes
    }
}
