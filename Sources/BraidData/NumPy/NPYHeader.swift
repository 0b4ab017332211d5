import BraidCore
import BraidPlatform
import BraidRuntime

/// What stands before the data of an `.npy` file, as NumPy's `numpy.lib.format` describes it: the
/// bytes `\x93NUMPY`, a major and a minor version, the little-endian length of the text that follows
/// (16 bits in version 1.0, 32 bits in 2.0 and 3.0), and the text.
struct NPYHeader: Equatable {
    let element: NPYElementType
    /// Whether the first index moves fastest.
    let isFortranOrder: Bool
    let shape: Shape

    private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
    /// Longer texts are not read. Version 1.0 has none; only structured types need them.
    private static let maximumTextByteCount = Int(UInt16.max)
    /// Where NumPy lets the data begin: at a multiple of this.
    private static let alignment = 64

    /// Whether a stream that begins so may be such a file.
    static func canBegin(_ bytes: UnsafeRawBufferPointer) -> Bool { bytes.starts(with: magic) }

    /// Reads the header of an open file.
    /// - Returns: the header, and where the data begin.
    /// - Throws: `DataError` when the file cannot be read or has no such header.
    static func read(
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

    /// The header of version 1.0 for a row-major array, padded so that the data are aligned; nil when
    /// NumPy has no such dtype.
    static func encoded(_ type: TensorType) -> [UInt8]? {
        guard let description = NPYElementType.description(of: type.dtype) else { return nil }
        let extents = type.shape.extents.map { "\($0)" }.joined(separator: ", ")
        let tuple = type.rank == 1 ? "(\(extents),)" : "(\(extents))"
        let text = "{'descr': '\(description)', 'fortran_order': False, 'shape': \(tuple), }"
        // With eight extents of ten digits the text is far from the limit of version 1.0.
        let unpadded = magic.count + 4 + text.utf8.count + 1
        let padding = (alignment - unpadded % alignment) % alignment
        let count = text.utf8.count + padding + 1
        return magic + [1, 0, UInt8(count & 0xFF), UInt8(count >> 8)] + Array(text.utf8)
            + [UInt8](repeating: UInt8(ascii: " "), count: padding) + [UInt8(ascii: "\n")]
    }
}
