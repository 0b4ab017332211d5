package import BraidPlatform

/// The directory of a zip archive (PKWARE, APPNOTE.TXT 6.3): files that are stored or deflated.
package struct ZipArchive {
    package struct Entry {
        package let name: String
        /// Why its content cannot be had; nil when it can.
        package let obstacle: String?
        fileprivate let isDeflated: Bool
        fileprivate let checksum: UInt32
        fileprivate let compressedByteCount: Int
        package let byteCount: Int
        fileprivate let headerOffset: Int
        /// Where its content ends at the earliest.
        fileprivate let end: Int
    }

    package let entries: [Entry]

    private static let endByteCount = 22
    private static let directoryEntryByteCount = 46
    fileprivate static let localHeaderByteCount = 30
    static let endSignature: UInt32 = 0x0605_4B50
    static let directorySignature: UInt32 = 0x0201_4B50
    static let localSignature: UInt32 = 0x0403_4B50
    /// In place of a number that stands in a field of its own, for archives past 4 GiB.
    private static let elsewhere = Int(UInt32.max)

    /// Whether a stream that begins so may be an archive.
    package static func canBegin(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.count >= 4
            && [localSignature, endSignature].contains(bytes.littleEndian(at: 0))
    }

    /// Reads the directory.
    /// - Throws: `DataError` when there is none, or one that does not fit the file.
    package init(_ file: borrowing InputFile, path: String) throws(DataError) {
        let fileByteCount: Int
        let tail: ReservedBytes
        do throws(SystemError) {
            fileByteCount = try file.byteCount()
            // Behind the end record there may be a comment of 64 KiB.
            let count = min(fileByteCount, Self.endByteCount + Int(UInt16.max))
            tail = try file.reservedBytes(at: fileByteCount - count, count: count)
        } catch {
            throw DataError(error, path: path, expected: "a zip archive")
        }
        let tailStart = fileByteCount - tail.count
        let (count, start, end) = try tail.withBytes { tail throws(DataError) in
            let candidates = stride(from: tail.count - Self.endByteCount, through: 0, by: -1)
            let end = candidates.first { tail.littleEndian(at: $0) == Self.endSignature }
            guard let end else { throw Self.malformed("there is no directory at its end", path) }
            return (
                Int(tail.short(at: end + 10)), Int(tail.littleEndian(at: end + 16)),
                tailStart + end
            )
        }
        guard start < Self.elsewhere, count < Int(UInt16.max) else {
            throw DataError(.unsupported, path: path, "is a zip archive of more than 4 GiB")
        }
        guard start <= end, count <= (end - start) / Self.directoryEntryByteCount else {
            throw Self.malformed("its directory is damaged", path)
        }
        let directory: ReservedBytes
        do throws(SystemError) {
            directory = try file.reservedBytes(at: start, count: end - start)
        } catch {
            throw DataError(error, path: path, expected: "a zip archive")
        }
        entries = try directory.withBytes { directory throws(DataError) in
            try Self.entries(directory, count: count, path: path)
        }
        try checkThatNoneOverlap(directoryStart: start, path: path)
    }

    private static func entries(
        _ directory: UnsafeRawBufferPointer, count: Int, path: String
    ) throws(DataError) -> [Entry] {
        var entries: [Entry] = []
        var position = 0
        for _ in 0..<count {
            guard position + directoryEntryByteCount <= directory.count,
                directory.littleEndian(at: position) == directorySignature
            else { throw malformed("its directory is damaged", path) }
            let flags = directory.short(at: position + 8)
            let method = directory.short(at: position + 10)
            let compressedByteCount = Int(directory.littleEndian(at: position + 20))
            let byteCount = Int(directory.littleEndian(at: position + 24))
            let headerOffset = Int(directory.littleEndian(at: position + 42))
            let nameStart = position + directoryEntryByteCount
            let nameEnd = nameStart + Int(directory.short(at: position + 28))
            let next =
                nameEnd + Int(directory.short(at: position + 30))
                + Int(directory.short(at: position + 32))
            guard next <= directory.count else { throw malformed("its directory is damaged", path) }
            let isPlaced = max(byteCount, compressedByteCount, headerOffset) < elsewhere
            var obstacle: String?
            if flags & 1 != 0 {
                obstacle = "it is encrypted"
            } else if method != 0, method != 8 {
                obstacle = "it is compressed in another way than by DEFLATE"
            } else if !isPlaced {
                obstacle = "it is larger than 4 GiB"
            }
            entries.append(
                Entry(
                    name: String(decoding: directory[nameStart..<nameEnd], as: UTF8.self),
                    obstacle: obstacle, isDeflated: method == 8,
                    checksum: directory.littleEndian(at: position + 16),
                    compressedByteCount: compressedByteCount, byteCount: byteCount,
                    headerOffset: headerOffset,
                    end: isPlaced
                        ? headerOffset + localHeaderByteCount + nameEnd - nameStart
                            + compressedByteCount : headerOffset))
            position = next
        }
        return entries
    }

    /// Entries that share bytes would say more than the archive has.
    private func checkThatNoneOverlap(
        directoryStart: Int, path: String
    ) throws(DataError) {
        let order = entries.filter { $0.end > $0.headerOffset }.sorted {
            $0.headerOffset < $1.headerOffset
        }
        for (index, entry) in order.enumerated() {
            let next = index + 1 < order.count ? order[index + 1].headerOffset : directoryStart
            guard entry.end <= next else {
                throw Self.malformed(
                    "its entry '\(entry.name.printable)' overlaps what comes next", path)
            }
        }
    }

    private static func malformed(_ message: String, _ path: String) -> DataError {
        DataError(.malformed, path: path, "is no zip archive: \(message)")
    }
}

extension ZipArchive.Entry {
    /// The bytes of the file in the archive.
    /// - Throws: `DataError` when they do not fit the directory, or there is no memory for them.
    package func content(of file: borrowing InputFile, path: String) throws(DataError)
        -> ReservedBytes
    {
        let start = try contentStart(in: file, path: path)
        let stored = try bytes(of: file, at: start, count: compressedByteCount, path: path)
        var content = stored
        if isDeflated {
            content = try ReservedBytes(byteCount, path: path)
            let produced = try inflate(stored, into: content, stopsWhenFull: false, path: path)
            guard produced == byteCount else { throw malformed("it is too short", path) }
        }
        guard content.withBytes({ CRC32.checksum($0) }) == checksum else {
            throw malformed("its check sum does not match", path)
        }
        return content
    }

    /// The first bytes of the file, whatever its check sum says.
    /// - Parameter count: as many, or all there are.
    package func prefix(
        _ count: Int, of file: borrowing InputFile, path: String
    ) throws(DataError) -> ReservedBytes {
        let start = try contentStart(in: file, path: path)
        let count = min(count, byteCount)
        // A little more than text that cannot be compressed takes.
        let storedCount = isDeflated ? min(2 * count + 4096, compressedByteCount) : count
        let stored = try bytes(of: file, at: start, count: storedCount, path: path)
        guard isDeflated else { return stored }
        let content = try ReservedBytes(count, path: path)
        guard try inflate(stored, into: content, stopsWhenFull: true, path: path) == count else {
            throw malformed("it is too short", path)
        }
        return content
    }

    private func contentStart(
        in file: borrowing InputFile, path: String
    ) throws(DataError) -> Int {
        if let obstacle {
            throw DataError(
                .unsupported, path: path,
                "has the entry '\(name.printable)', which cannot be read: \(obstacle)")
        }
        let fileByteCount: Int
        do throws(SystemError) { fileByteCount = try file.byteCount() } catch {
            throw DataError(error, path: path, expected: "a zip archive")
        }
        guard headerOffset + ZipArchive.localHeaderByteCount <= fileByteCount else {
            throw malformed("it is not where the directory says", path)
        }
        let header = try bytes(
            of: file, at: headerOffset, count: ZipArchive.localHeaderByteCount, path: path)
        let length = try header.withBytes { header throws(DataError) in
            guard header.littleEndian(at: 0) == ZipArchive.localSignature else {
                throw malformed("it is not where the directory says", path)
            }
            return Int(header.short(at: 26)) + Int(header.short(at: 28))
        }
        let start = headerOffset + ZipArchive.localHeaderByteCount + length
        guard start <= fileByteCount, compressedByteCount <= fileByteCount - start,
            byteCount / Inflate.largestExpansion <= compressedByteCount,
            isDeflated || byteCount == compressedByteCount
        else { throw malformed("it has another length than the directory says", path) }
        return start
    }

    private func bytes(
        of file: borrowing InputFile, at offset: Int, count: Int, path: String
    ) throws(DataError) -> ReservedBytes {
        do throws(SystemError) {
            return try file.reservedBytes(at: offset, count: count)
        } catch {
            throw DataError(error, path: path, expected: "a zip archive")
        }
    }

    private func inflate(
        _ stored: ReservedBytes, into content: ReservedBytes, stopsWhenFull: Bool, path: String
    ) throws(DataError) -> Int {
        try stored.withBytes { stored throws(DataError) in
            do throws(Inflate.Failure) {
                return try Inflate.decompress(
                    stored, into: content.buffer, stopsWhenFull: stopsWhenFull
                ).produced
            } catch {
                throw malformed("\(error)", path)
            }
        }
    }

    private func malformed(_ message: String, _ path: String) -> DataError {
        DataError(
            .malformed, path: path, "has the damaged entry '\(name.printable)': \(message)")
    }
}
