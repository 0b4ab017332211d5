package import BraidPlatform

/// A safetensors file that is open for reading: an 8-byte length, a JSON header of that length, and
/// the tensors' bytes, little-endian and row-major (the format is Hugging Face's).
///
/// The header is checked when the file is opened; bytes are read when they are asked for. What a tensor's
/// type means is its reader's affair.
package final class SafetensorsContainer: Sendable {
    /// One tensor of the file.
    package struct Tensor: Sendable {
        package let name: String
        /// As `F32`, whether anyone knows it or not.
        package let dtype: String
        /// None is negative.
        package let extents: [Int]
        /// Its bytes, from the first byte after the header.
        package let data: Range<Int>
    }

    /// Bytes that a byte of JSON in the file may take while it is understood.
    package static let parsedExpansion = 48

    package let path: String
    /// The tensors, as the header lists them.
    package let tensors: [Tensor]
    /// The strings of `__metadata__`, as the header lists them.
    package let metadata: [(String, String)]
    private let content: InputFile
    private let dataStart: Int

    /// Opens a file and checks its header.
    /// - Throws: `ModelFileError` when the file cannot be read or breaks the format.
    package convenience init(path: String) throws(ModelFileError) {
        let content: InputFile
        do throws(SystemError) {
            content = try InputFile(path: path, accepts: Self.canBeginFile)
        } catch {
            throw ModelFileError(error, path: path)
        }
        try self.init(content, path: path)
    }

    /// Takes bytes for those of a file and checks the header.
    /// - Parameter path: what messages call the file.
    /// - Throws: `ModelFileError` when the bytes break the format.
    package convenience init(bytes: [UInt8], path: String) throws(ModelFileError) {
        let content: InputFile
        do throws(SystemError) { content = try InputFile(copying: bytes) } catch {
            throw ModelFileError(error, path: path)
        }
        try self.init(content, path: path)
    }

    /// Whether a stream is worth reading on: a length that there can be, and a header.
    private static func canBeginFile(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count >= 9 else { return true }
        let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        return length <= UInt64(SafetensorsHeader.maximumByteCount)
            && bytes[8] == UInt8(ascii: "{")
    }

    private init(_ content: consuming InputFile, path: String) throws(ModelFileError) {
        let fileByteCount: Int
        let lengthBytes: [UInt8]
        do throws(SystemError) {
            fileByteCount = try content.byteCount()
            lengthBytes = try content.bytes(at: 0, count: min(8, fileByteCount))
        } catch {
            throw ModelFileError(error, path: path)
        }
        guard lengthBytes.count == 8 else {
            throw ModelFileError(
                .malformed, path: path,
                "not a safetensors file: it has \(fileByteCount) bytes; expected 8 and more")
        }
        let length = lengthBytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let limit = min(SafetensorsHeader.maximumByteCount, fileByteCount - 8)
        guard length <= UInt64(limit) else {
            throw ModelFileError(
                .malformed, path: path,
                "not a safetensors file: its header would have \(length) bytes; expected at most "
                    + "\(limit) in a file of \(fileByteCount) bytes")
        }
        let json: [UInt8]
        do throws(MemoryShortage) {
            try MemoryBudget.check(Int(length) * Self.parsedExpansion)
        } catch {
            throw ModelFileError(SystemError(error), path: path)
        }
        do throws(SystemError) {
            json = try content.bytes(at: 8, count: Int(length))
        } catch {
            throw ModelFileError(error, path: path)
        }
        dataStart = 8 + json.count
        let header = try SafetensorsHeader(
            json, dataByteCount: fileByteCount - dataStart, path: path)
        self.content = content
        self.path = path
        tensors = header.tensors
        metadata = header.metadata
    }

    /// Reads bytes of the data.
    /// - Throws: `SystemError` when the file cannot be read (any more).
    package func read(
        into buffer: UnsafeMutableRawBufferPointer, at dataOffset: Int
    ) throws(SystemError) {
        try content.read(into: buffer, at: dataStart + dataOffset)
    }
}

extension SafetensorsContainer.Tensor {
    /// As `F8_E4M3[4]`.
    package var typeDescription: String {
        "\(dtype.prefix(40).printable)\(Self.description(of: extents))"
    }

    /// As `[2, 3]`, however many a file says there are.
    static func description(of extents: [Int]) -> String {
        let shown = extents.prefix(10).map { String($0) }.joined(separator: ", ")
        return "[\(shown)\(extents.count > 10 ? ", …" : "")]"
    }
}
