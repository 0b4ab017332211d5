import BraidCore
public import BraidFormats
import BraidPlatform
public import BraidRuntime

/// Arrays in the IDX files of MNIST and its relatives, plain or compressed by gzip.
///
/// The format (Y. LeCun, C. Cortes, C. Burges, "The MNIST database"): two zero bytes, one that names
/// the element type, one with the number of dimensions, the extents as big-endian 32-bit numbers, then
/// the elements in row-major order, big-endian.
public enum IDXFile {
    /// Reads an array; whether the file is compressed is seen from its content.
    ///
    /// No more memory is taken than the content is long, which its header and the length of the file
    /// bound.
    /// - Throws: `DataError`: `.missing` or `.unreadable` when the file cannot be read, `.malformed`
    ///   when it breaks the format or has another length than its header says, `.tooLarge` when there is
    ///   no memory for it.
    public static func read(_ path: String) throws(DataError) -> NDArray {
        let file: InputFile
        do throws(SystemError) {
            file = try InputFile(path: path) {
                Gzip.isGzip($0) || (try? Content($0, path: path)) != nil
            }
        } catch {
            throw DataError(error, path: path, expected: "an IDX file")
        }
        return try read(file, path: path)
    }

    /// Reads an array from the bytes of a file.
    package static func read(_ bytes: [UInt8], path: String) throws(DataError) -> NDArray {
        let file: InputFile
        do throws(SystemError) { file = try InputFile(copying: bytes) } catch {
            throw DataError(error, path: path, expected: "an IDX file")
        }
        return try read(file, path: path)
    }

    private static func read(
        _ file: borrowing InputFile, path: String
    ) throws(DataError) -> NDArray {
        let fileByteCount: Int
        let prefix: ReservedBytes
        do throws(SystemError) {
            fileByteCount = try file.byteCount()
            prefix = try file.reservedBytes(
                at: 0, count: min(fileByteCount, maximumHeaderByteCount))
        } catch {
            throw DataError(error, path: path, expected: "an IDX file")
        }
        if prefix.withBytes({ Gzip.isGzip($0) }) {
            let compressed: ReservedBytes
            do throws(SystemError) {
                compressed = try file.reservedBytes(at: 0, count: fileByteCount)
            } catch {
                throw DataError(error, path: path, expected: "an IDX file")
            }
            return try decompress(compressed, path: path)
        }
        let content = try prefix.withBytes { bytes throws(DataError) in
            try Content(bytes, path: path)
        }
        guard fileByteCount == content.fileByteCount else {
            throw malformed(
                "it has \(fileByteCount) bytes; expected \(content.fileByteCount) of \(content.type)",
                path)
        }
        return try array(content.type, path: path) { buffer throws(DataError) in
            do throws(SystemError) { try file.read(into: buffer, at: content.start) } catch {
                throw DataError(error, path: path, expected: "an IDX file")
            }
        }
    }

    /// The array in a compressed file.
    private static func decompress(
        _ file: ReservedBytes, path: String
    ) throws(DataError) -> NDArray {
        let prefix = try ReservedBytes(maximumHeaderByteCount, path: path)
        let count = try decompress(file, into: prefix, isWhole: false, path: path)
        let content = try prefix.withBytes { bytes throws(DataError) in
            try Content(UnsafeRawBufferPointer(rebasing: bytes[..<count]), path: path)
        }
        // What the file cannot hold is not asked for.
        guard content.fileByteCount / Inflate.largestExpansion <= file.count else {
            throw malformed(
                "\(Inflate.Failure.truncated): its header promises \(content.type)", path)
        }
        let whole = try ReservedBytes(content.fileByteCount, path: path)
        _ = try decompress(file, into: whole, isWhole: true, path: path)
        return try array(content.type, path: path) { buffer throws(DataError) in
            whole.withBytes { buffer.copyBytes(from: $0[content.start...]) }
        }
    }

    private static func decompress(
        _ file: ReservedBytes, into output: ReservedBytes, isWhole: Bool, path: String
    ) throws(DataError) -> Int {
        try file.withBytes { file throws(DataError) in
            do throws(Inflate.Failure) {
                return try Gzip.decompress(file, into: output.buffer, isWhole: isWhole)
            } catch {
                throw malformed("\(error)", path)
            }
        }
    }

    /// What a header says, in Braid's types.
    private struct Content {
        let type: TensorType
        /// Where the elements begin.
        let start: Int

        var fileByteCount: Int { start + type.byteCount }

        init(_ bytes: UnsafeRawBufferPointer, path: String) throws(DataError) {
            do throws(IDXHeader.Fault) {
                let header = try IDXHeader(bytes, maximumRank: Shape.maximumRank)
                guard let dtype = dtypes[header.elementCode] else { throw .unlike }
                start = header.byteCount
                // The sum with the header must be a number, too.
                guard let shape = Shape(exactly: header.extents),
                    shape.elementCount <= (Int.max - start) / dtype.size
                else {
                    throw IDXHeader.Fault(
                        description: "it has the extents \(header.extents), which are too large")
                }
                type = TensorType(dtype, shape)
            } catch {
                throw malformed(error.description, path)
            }
        }
    }

    private static let maximumHeaderByteCount = IDXHeader.byteCount(rank: Shape.maximumRank)

    private static let dtypes: [UInt8: DType] = [
        0x08: .u8, 0x09: .i8, 0x0B: .i16, 0x0C: .i32, 0x0D: .f32, 0x0E: .f64,
    ]

    /// The array whose big-endian bytes `fill` writes.
    private static func array(
        _ type: TensorType, path: String,
        filledBy fill: (UnsafeMutableRawBufferPointer) throws(DataError) -> Void
    ) throws(DataError) -> NDArray {
        let array = try NDArray(reserving: type, path: path)
        let buffer = UnsafeMutableRawBufferPointer(
            start: array.storage.address, count: type.byteCount)
        try fill(buffer)
        buffer.reverseBytes(ofElements: type.dtype.size)
        return array
    }

    private static func malformed(_ message: String, _ path: String) -> DataError {
        DataError(.malformed, path: path, "is no IDX file: \(message)")
    }
}
