/// Makes a zip archive of files as they are, the same bytes for the same files: every time in it is
/// the first that the format knows, 1 January 1980.
struct ZipWriter {
    private let path: String
    private var files: [UInt8] = []
    private var directory: [UInt8] = []
    private var count = 0

    init(path: String) { self.path = path }

    /// Adds a file.
    /// - Throws: `DataError` when the archive would grow past what its directory can say.
    mutating func append(_ name: String, _ content: [UInt8]) throws(DataError) {
        let name = Array(name.utf8)
        let limit = Int(UInt32.max) - 1
        guard files.count + content.count + directory.count + 4_096 < limit, name.count < 1 << 16,
            count < Int(UInt16.max) - 1
        else {
            throw DataError(
                .unsupported, path: path, "would be a zip archive of more than 4 GiB")
        }
        let offset = files.count
        var fields: [UInt8] = []
        fields.append(UInt16(20))  // what is needed to read it: version 2.0
        fields.append(UInt16(1 << 11))  // the name is UTF-8
        fields.append(UInt16(0))  // stored
        fields.append(UInt16(0))  // 00:00
        fields.append(UInt16(1 << 5 | 1))  // 1 January 1980
        fields.append(CRC32.checksum(content))
        fields.append(UInt32(content.count))
        fields.append(UInt32(content.count))
        fields.append(UInt16(name.count))
        fields.append(UInt16(0))  // no further fields
        files.append(ZipArchive.localSignature)
        files += fields + name + content

        directory.append(ZipArchive.directorySignature)
        directory.append(UInt16(20))  // made as of version 2.0
        directory += fields
        directory += [UInt8](repeating: 0, count: 10)  // no comment, first disk, no attributes
        directory.append(UInt32(offset))
        directory += name
        count += 1
    }

    /// The archive's bytes.
    consuming func finish() -> [UInt8] {
        var end: [UInt8] = []
        end.append(ZipArchive.endSignature)
        end.append(UInt32(0))  // one disk
        end.append(UInt16(count))
        end.append(UInt16(count))
        end.append(UInt32(directory.count))
        end.append(UInt32(files.count))
        end.append(UInt16(0))  // no comment
        return files + directory + end
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
