import BraidCore
import BraidOperators
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
    ///   when it breaks the format or has another length than its header says.
    public static func read(_ path: String) throws(DataError) -> NDArray {
        try read(try bytes(of: path), path: path)
    }

    /// Reads an array from the bytes of a file.
    package static func read(_ file: [UInt8], path: String) throws(DataError) -> NDArray {
        do throws(Inflate.Failure) {
            if Gzip.isGzip(file) {
                let header = try Header(try Gzip.prefix(Header.maximumByteCount, of: file))
                let content = try Gzip.decompress(file, byteCount: header.fileByteCount)
                return header.array(content)
            }
            let header = try Header(file)
            guard file.count == header.fileByteCount else {
                throw .malformed(
                    "\(file.count) bytes; expected \(header.fileByteCount) of \(header.type)")
            }
            return header.array(file)
        } catch {
            throw DataError(.malformed, path: path, "is no IDX file: \(error)")
        }
    }

    private static func bytes(of path: String) throws(DataError) -> [UInt8] {
        do throws(SystemError) {
            let file = try FileDescriptor.reading(path)
            return try file.bytes(at: 0, count: file.byteCount())
        } catch {
            throw DataError(
                error.isMissingFile ? .missing : .unreadable, path: path,
                "cannot be read: \(error); expected an IDX file")
        }
    }
}

/// What stands before the elements.
private struct Header {
    static let maximumByteCount = 4 + 4 * Shape.maximumRank

    let type: TensorType
    let byteCount: Int

    var fileByteCount: Int { byteCount + type.byteCount }

    init(_ bytes: [UInt8]) throws(Inflate.Failure) {
        guard bytes.count >= 4, bytes[0] == 0, bytes[1] == 0, let dtype = Self.dtypes[bytes[2]]
        else {
            throw .malformed("it does not begin with two zeros, an element type and a rank")
        }
        let rank = Int(bytes[3])
        byteCount = 4 + 4 * rank
        guard rank <= Shape.maximumRank, byteCount <= bytes.count else {
            throw .malformed("\(rank) dimensions; expected at most \(Shape.maximumRank)")
        }
        var extents: [Int] = []
        for axis in 0..<rank {
            extents.append(Int(bytes.littleEndian(at: 4 + 4 * axis).byteSwapped))
        }
        guard let shape = Shape(exactly: extents),
            !shape.elementCount.multipliedReportingOverflow(by: dtype.size).overflow
        else { throw .malformed("extents \(extents), which are too large") }
        type = TensorType(dtype, shape)
    }

    private static let dtypes: [UInt8: DType] = [
        0x08: .u8, 0x09: .i8, 0x0B: .i16, 0x0C: .i32, 0x0D: .f32, 0x0E: .f64,
    ]

    /// The array in the content of a file.
    /// - Precondition: the content has `fileByteCount` bytes.
    func array(_ content: [UInt8]) -> NDArray {
        NDArray(type) { buffer in
            buffer.copyBytes(from: content[byteCount...])
            let size = type.dtype.size
            if size == 1 { return }
            for start in stride(from: 0, to: buffer.count, by: size) {
                var element = buffer[start..<(start + size)]
                element.reverse()
            }
        }
    }
}
