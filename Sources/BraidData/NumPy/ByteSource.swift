import BraidRuntime

/// Bytes that are read by their place: a file, or a part of an archive.
protocol ByteSource: ~Copyable {
    /// How many there are.
    func byteCount() throws(SystemError) -> Int
    /// Fills `buffer` with the bytes from `offset` on.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(SystemError)
    /// The bytes of a range.
    func bytes(at offset: Int, count: Int) throws(SystemError) -> [UInt8]
}

extension FileDescriptor: ByteSource {}

extension [UInt8]: ByteSource {
    func byteCount() -> Int { count }

    /// - Precondition: the range lies within the bytes.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) {
        buffer.copyBytes(from: self[offset..<(offset + buffer.count)])
    }

    /// - Precondition: the range lies within the bytes.
    func bytes(at offset: Int, count: Int) -> [UInt8] { Array(self[offset..<(offset + count)]) }
}
