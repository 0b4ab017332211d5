/// The directory of a zip archive (PKWARE, APPNOTE.TXT 6.3): files that are stored or deflated.
struct ZipArchive {
    struct Entry {
        let name: String
        fileprivate let isDeflated: Bool
        fileprivate let checksum: UInt32
        fileprivate let compressedByteCount: Int
        fileprivate let byteCount: Int
        fileprivate let headerOffset: Int
    }

    let entries: [Entry]

    private static let endByteCount = 22
    private static let directoryEntryByteCount = 46
    fileprivate static let localHeaderByteCount = 30
    static let endSignature: UInt32 = 0x0605_4B50
    static let directorySignature: UInt32 = 0x0201_4B50
    static let localSignature: UInt32 = 0x0403_4B50
    /// In place of a number that stands in a field of its own, for archives past 4 GiB.
    private static let elsewhere = Int(UInt32.max)

    /// Reads the directory.
    /// - Throws: `DataError` when there is none, or one that does not fit the file.
    init(_ file: [UInt8], path: String) throws(DataError) {
        func malformed(_ message: String) -> DataError {
            DataError(.malformed, path: path, "is no zip archive: \(message)")
        }
        // Behind the end record there may be a comment of 64 KiB.
        let lowest = max(0, file.count - Self.endByteCount - Int(UInt16.max))
        let candidates = stride(from: file.count - Self.endByteCount, through: lowest, by: -1)
        guard let end = candidates.first(where: { file.littleEndian(at: $0) == Self.endSignature })
        else { throw malformed("there is no directory at its end") }
        let count = Int(file.short(at: end + 10))
        var position = Int(file.littleEndian(at: end + 16))
        guard position < Self.elsewhere, count < Int(UInt16.max) else {
            throw DataError(.unsupported, path: path, "is a zip archive of more than 4 GiB")
        }
        var entries: [Entry] = []
        for _ in 0..<count {
            guard position + Self.directoryEntryByteCount <= end,
                file.littleEndian(at: position) == Self.directorySignature
            else { throw malformed("its directory is damaged") }
            let flags = file.short(at: position + 8)
            let method = file.short(at: position + 10)
            let nameStart = position + Self.directoryEntryByteCount
            let nameEnd = nameStart + Int(file.short(at: position + 28))
            let next =
                nameEnd + Int(file.short(at: position + 30)) + Int(file.short(at: position + 32))
            guard next <= end else { throw malformed("its directory is damaged") }
            let entry = Entry(
                name: String(decoding: file[nameStart..<nameEnd], as: UTF8.self),
                isDeflated: method == 8, checksum: file.littleEndian(at: position + 16),
                compressedByteCount: Int(file.littleEndian(at: position + 20)),
                byteCount: Int(file.littleEndian(at: position + 24)),
                headerOffset: Int(file.littleEndian(at: position + 42)))
            guard flags & 1 == 0, method == 0 || method == 8, entry.byteCount < Self.elsewhere
            else {
                throw DataError(
                    .unsupported, path: path,
                    "has the entry '\(entry.name)', which is encrypted, larger than 4 GiB or "
                        + "compressed in another way than by DEFLATE")
            }
            entries.append(entry)
            position = next
        }
        self.entries = entries
    }
}

extension ZipArchive.Entry {
    /// The bytes of the file in the archive.
    /// - Throws: `DataError` when they do not fit the directory.
    func content(of file: [UInt8], path: String) throws(DataError) -> [UInt8] {
        func malformed(_ message: String) -> DataError {
            DataError(.malformed, path: path, "has the damaged entry '\(name)': \(message)")
        }
        guard headerOffset + ZipArchive.localHeaderByteCount <= file.count,
            file.littleEndian(at: headerOffset) == ZipArchive.localSignature
        else { throw malformed("it is not where the directory says") }
        let start =
            headerOffset + ZipArchive.localHeaderByteCount
            + Int(file.short(at: headerOffset + 26)) + Int(file.short(at: headerOffset + 28))
        guard start <= file.count, compressedByteCount <= file.count - start,
            byteCount / Inflate.largestExpansion <= compressedByteCount,
            isDeflated || byteCount == compressedByteCount
        else { throw malformed("it has another length than the directory says") }
        let content: [UInt8]
        if isDeflated {
            do throws(Inflate.Failure) {
                let part = Array(file[start..<(start + compressedByteCount)])
                content = try part.decompressing(from: 0, count: byteCount, stopsWhenFull: false)
                    .output
            } catch {
                throw malformed("\(error)")
            }
        } else {
            content = Array(file[start..<(start + byteCount)])
        }
        guard content.count == byteCount, CRC32.checksum(content) == checksum else {
            throw malformed("its check sum does not match")
        }
        return content
    }
}

extension [UInt8] {
    /// A little-endian number of two bytes.
    /// - Precondition: it lies within the bytes.
    fileprivate func short(at position: Int) -> UInt16 {
        UInt16(self[position]) | UInt16(self[position + 1]) << 8
    }
}
