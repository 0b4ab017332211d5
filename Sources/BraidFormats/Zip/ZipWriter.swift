/// Writes a zip archive of files as they are, the same bytes for the same files: every time in it is
/// the first that the format knows, 1 January 1980.
package struct ZipWriter: ~Copyable {
    private let path: String
    private let file: AtomicFile
    private var byteCount = 0
    private var directory: [UInt8] = []
    private var count = 0

    /// Starts an archive that will stand at `path`.
    /// - Throws: `ModelFileError` when that is no place for a file.
    package init(path: String) throws(ModelFileError) {
        self.path = path
        file = try AtomicFile(path: path)
    }

    /// Adds a file.
    /// - Parameter parts: its content, in pieces.
    /// - Throws: `DataError` when the archive would grow past what its directory can say;
    ///   `ModelFileError` when it cannot be written.
    package mutating func append(_ name: String, _ parts: [UnsafeRawBufferPointer]) throws {
        let name = Array(name.utf8)
        let limit = Int(UInt32.max) - 1
        let contentByteCount = parts.reduce(0) { $0 + $1.count }
        guard contentByteCount < limit, name.count < 1 << 16, count < Int(UInt16.max) - 1,
            byteCount + contentByteCount + directory.count + 2 * name.count + 4096 < limit
        else {
            throw DataError(
                .unsupported, path: path, "would be a zip archive of more than 4 GiB")
        }
        let offset = byteCount
        var fields: [UInt8] = []
        fields.append(UInt16(20))  // what is needed to read it: version 2.0
        fields.append(UInt16(1 << 11))  // the name is UTF-8
        fields.append(UInt16(0))  // stored
        fields.append(UInt16(0))  // 00:00
        fields.append(UInt16(1 << 5 | 1))  // 1 January 1980
        fields.append(parts.reduce(0) { CRC32.extend($0, by: $1) })
        fields.append(UInt32(contentByteCount))
        fields.append(UInt32(contentByteCount))
        fields.append(UInt16(name.count))
        fields.append(UInt16(0))  // no further fields
        var header: [UInt8] = []
        header.append(ZipArchive.localSignature)
        try write(header + fields + name)
        for part in parts { try file.write(part) }
        byteCount += contentByteCount

        directory.append(ZipArchive.directorySignature)
        directory.append(UInt16(20))  // made as of version 2.0
        directory += fields
        directory += [UInt8](repeating: 0, count: 10)  // no comment, first disk, no attributes
        directory.append(UInt32(offset))
        directory += name
        count += 1
    }

    /// Writes the directory and puts the archive in its place.
    package consuming func finish() throws {
        var end = directory
        end.append(ZipArchive.endSignature)
        end.append(UInt32(0))  // one disk
        end.append(UInt16(count))
        end.append(UInt16(count))
        end.append(UInt32(directory.count))
        end.append(UInt32(byteCount))
        end.append(UInt16(0))  // no comment
        try write(end)
        try file.commit()
    }

    private mutating func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try file.write($0) }
        byteCount += bytes.count
    }
}

extension [UInt8] {
    /// Appends the bytes of a number, the lowest first.
    fileprivate mutating func append(_ number: some FixedWidthInteger & UnsignedInteger) {
        for byte in 0..<(type(of: number).bitWidth / 8) {
            append(UInt8(truncatingIfNeeded: number >> (8 * byte)))
        }
    }
}
