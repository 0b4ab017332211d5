package import BraidPlatform

/// What stands before the data of an `.npy` file, as NumPy's `numpy.lib.format` describes it: the
/// bytes `\x93NUMPY`, a major and a minor version, the little-endian length of the text that follows
/// (16 bits in version 1.0, 32 bits in 2.0 and 3.0), and the text.
package struct NPYHeader: Equatable, Sendable {
    /// The elements, as `<f4`.
    package let description: String
    /// Whether the first index moves fastest.
    package let isFortranOrder: Bool
    package let extents: [Int]

    private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
    /// Longer texts are not read. Version 1.0 has none; only structured types need them.
    private static let maximumTextByteCount = Int(UInt16.max)
    /// Where NumPy lets the data begin: at a multiple of this.
    private static let alignment = 64

    /// Whether a stream that begins so may be such a file.
    package static func canBegin(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.starts(with: magic)
    }

    /// Reads the header of an open file.
    /// - Returns: the header, and where the data begin.
    /// - Throws: `DataError` when the file cannot be read or has no such header.
    package static func read(
        from file: borrowing InputFile, fileByteCount: Int, path: String
    ) throws(DataError) -> (header: NPYHeader, dataStart: Int) {
        let prefix = try bytes(of: file, at: 0, count: min(12, fileByteCount), path: path)
        guard prefix.starts(with: magic), prefix.count > 10 else {
            throw DataError(
                .malformed, path: path,
                "is no .npy file; expected the bytes 93 'NUMPY', a version and a header")
        }
        let version = "\(prefix[6]).\(prefix[7])"
        guard ["1.0", "2.0", "3.0"].contains(version) else {
            throw DataError(
                .unsupported, path: path, "has format version \(version); expected 1.0, 2.0 or 3.0")
        }
        let textStart = version == "1.0" ? 10 : 12
        let count = prefix[8...].prefix(textStart - 8).reversed().reduce(0) { $0 << 8 | Int($1) }
        guard count <= fileByteCount - textStart else {
            throw DataError(
                .malformed, path: path,
                "would have a header of \(count) bytes; expected at most "
                    + "\(max(fileByteCount - textStart, 0)) in a file of \(fileByteCount) bytes")
        }
        guard count <= maximumTextByteCount else {
            throw DataError(
                .unsupported, path: path,
                "has a header of \(count) bytes; expected at most \(maximumTextByteCount)")
        }
        let text = try bytes(of: file, at: textStart, count: count, path: path)
        var parser = NPYHeaderParser(text, path: path)
        return (try parser.parse(), textStart + count)
    }

    private static func bytes(
        of file: borrowing InputFile, at offset: Int, count: Int, path: String
    ) throws(DataError) -> [UInt8] {
        do throws(SystemError) {
            return try file.bytes(at: offset, count: count)
        } catch {
            throw DataError(error, path: path, expected: "an .npy file")
        }
    }

    /// The header of version 1.0 for a row-major array, padded so that the data are aligned.
    /// - Precondition: the text is shorter than 64 KiB, as it is for the ranks that NumPy has.
    package static func encoded(description: String, extents: [Int]) -> [UInt8] {
        let list = extents.map { "\($0)" }.joined(separator: ", ")
        let tuple = extents.count == 1 ? "(\(list),)" : "(\(list))"
        let text = "{'descr': '\(description)', 'fortran_order': False, 'shape': \(tuple), }"
        let unpadded = magic.count + 4 + text.utf8.count + 1
        let padding = (alignment - unpadded % alignment) % alignment
        let count = text.utf8.count + padding + 1
        return magic + [1, 0, UInt8(count & 0xFF), UInt8(count >> 8)] + Array(text.utf8)
            + [UInt8](repeating: UInt8(ascii: " "), count: padding) + [UInt8(ascii: "\n")]
    }
}
