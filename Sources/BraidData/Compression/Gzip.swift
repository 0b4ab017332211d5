/// Files that gzip made (P. Deutsch, RFC 1952, 1996): one or more members, each a header, a DEFLATE
/// stream, a check sum and a length.
enum Gzip {
    /// Whether a file begins as gzip files do.
    static func isGzip(_ bytes: some Collection<UInt8>) -> Bool {
        bytes.starts(with: [0x1F, 0x8B])
    }

    /// The first bytes of the content, at most `count`; check sums are not looked at.
    static func prefix(_ count: Int, of file: [UInt8]) throws(Inflate.Failure) -> [UInt8] {
        let start = try contentStart(file, from: 0)
        return try file.decompressing(from: start, count: count, stopsWhenFull: true).output
    }

    /// The whole content.
    /// - Parameter byteCount: how long it must be.
    static func decompress(_ file: [UInt8], byteCount: Int) throws(Inflate.Failure) -> [UInt8] {
        guard byteCount / Inflate.largestExpansion <= file.count else { throw .truncated }
        var content: [UInt8] = []
        var position = 0
        // Behind the last member there may be zeros, as tapes leave them.
        repeat {
            let start = try contentStart(file, from: position)
            let member = try file.decompressing(
                from: start, count: byteCount - content.count, stopsWhenFull: false)
            position = start + member.consumed
            guard position + 8 <= file.count else { throw .truncated }
            guard CRC32.checksum(member.output) == file.littleEndian(at: position),
                UInt32(truncatingIfNeeded: member.output.count)
                    == file.littleEndian(at: position + 4)
            else { throw .malformed("the check sum does not match") }
            position += 8
            content = content.isEmpty ? member.output : content + member.output
        } while position < file.count && file[position...].contains { $0 != 0 }
        guard content.count == byteCount else { throw .truncated }
        return content
    }

    /// Where the DEFLATE stream of a member begins.
    private static func contentStart(
        _ file: [UInt8], from start: Int
    ) throws(Inflate.Failure) -> Int {
        guard start + 10 <= file.count, isGzip(file[start...]) else {
            throw .malformed("no gzip header")
        }
        let flags = file[start + 3]
        guard file[start + 2] == 8, flags & 0xE0 == 0 else {
            throw .malformed("a gzip header of an unknown kind")
        }
        var position = start + 10
        if flags & 4 != 0 {  // further fields, after their length
            guard position + 2 <= file.count else { throw .truncated }
            position += 2 + Int(file[position]) + Int(file[position + 1]) << 8
        }
        for flag in [8, 16] as [UInt8] where flags & flag != 0 {  // name and comment, up to a zero
            guard position <= file.count, let end = file[position...].firstIndex(of: 0) else {
                throw .truncated
            }
            position = end + 1
        }
        if flags & 2 != 0 { position += 2 }  // a check sum of the header
        guard position <= file.count else { throw .truncated }
        return position
    }
}

extension [UInt8] {
    /// A little-endian word.
    /// - Precondition: it lies within the bytes.
    func littleEndian(at position: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(self[position + $1]) << (8 * UInt32($1)) }
    }

    /// Decompresses the DEFLATE stream at a position, at most `count` bytes of it.
    func decompressing(
        from start: Int, count: Int, stopsWhenFull: Bool
    ) throws(Inflate.Failure) -> (output: [UInt8], consumed: Int) {
        var result: Result<Int, Inflate.Failure> = .success(0)
        let output = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            withUnsafeBytes { input in
                do throws(Inflate.Failure) {
                    let found = try Inflate.decompress(
                        UnsafeRawBufferPointer(rebasing: input[start...]),
                        into: UnsafeMutableRawBufferPointer(buffer), stopsWhenFull: stopsWhenFull)
                    initialized = found.produced
                    result = .success(found.consumed)
                } catch {
                    result = .failure(error)
                }
            }
        }
        return (output, try result.get())
    }
}
