import BraidPlatform

/// Files that gzip made (P. Deutsch, RFC 1952, 1996): one or more members, each a header, a DEFLATE
/// stream, a check sum and a length.
package enum Gzip {
    /// Whether a file begins as gzip files do.
    package static func isGzip(_ bytes: some Collection<UInt8>) -> Bool {
        bytes.starts(with: [0x1F, 0x8B])
    }

    /// Fills `output` with the beginning of the content. Members end wherever they like: what their
    /// contents are one behind the other is the content.
    /// - Parameter isWhole: whether the content must end with `output`; otherwise it may end before or
    ///   after, and the check sum of the member in which `output` ends is not looked at.
    /// - Returns: how many bytes there are, at most those of `output`.
    package static func decompress(
        _ file: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, isWhole: Bool
    ) throws(Inflate.Failure) -> Int {
        var (position, produced) = (0, 0)
        // Behind the last member there may be zeros, as tapes leave them.
        repeat {
            let start = try contentStart(file, from: position)
            let room = UnsafeMutableRawBufferPointer(rebasing: output[produced...])
            let member = try Inflate.decompress(
                UnsafeRawBufferPointer(rebasing: file[start...]), into: room,
                stopsWhenFull: !isWhole)
            produced += member.produced
            if !isWhole, produced == output.count { return produced }
            position = start + member.consumed
            guard position + 8 <= file.count else { throw .truncated }
            guard CRC32.checksum(room[..<member.produced]) == file.littleEndian(at: position),
                UInt32(truncatingIfNeeded: member.produced)
                    == file.littleEndian(at: position + 4)
            else { throw .malformed("the check sum does not match") }
            position += 8
        } while position < file.count && !isPadding(file[position...])
        guard !isWhole || produced == output.count else { throw .truncated }
        return produced
    }

    /// Whether nothing but zeros is left. Another member says so with its first byte.
    private static func isPadding(_ rest: Slice<UnsafeRawBufferPointer>) -> Bool {
        rest.allSatisfy { $0 == 0 }
    }

    /// Where the DEFLATE stream of a member begins.
    private static func contentStart(
        _ file: UnsafeRawBufferPointer, from start: Int
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

extension UnsafeRawBufferPointer {
    /// A little-endian word.
    /// - Precondition: it lies within the bytes.
    package func littleEndian(at position: Int) -> UInt32 {
        UInt32(littleEndian: loadUnaligned(fromByteOffset: position, as: UInt32.self))
    }

    /// A little-endian number of two bytes.
    /// - Precondition: it lies within the bytes.
    package func short(at position: Int) -> UInt16 {
        UInt16(littleEndian: loadUnaligned(fromByteOffset: position, as: UInt16.self))
    }
}
