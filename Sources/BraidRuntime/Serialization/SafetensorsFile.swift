package import BraidCore
import BraidPlatform

/// A safetensors file that is open for reading: an 8-byte length, a JSON header of that length, and
/// the tensors' bytes, little-endian and row-major (the format is Hugging Face's).
///
/// The header is checked when the file is opened; tensors are read when they are asked for.
package final class SafetensorsFile: Sendable {
    /// One tensor of the file.
    package struct Entry: Sendable {
        package let name: String
        package let type: TensorType
        /// From the first byte after the header.
        package let dataOffset: Int
    }

    /// A tensor whose dtype or shape Braid has none for.
    package struct UnsupportedEntry: Sendable {
        package let name: String
        /// As `F8_E4M3[4]`.
        package let type: String
    }

    package let path: String
    /// The tensors, as the header lists them.
    package let entries: [Entry]
    /// The tensors that cannot be read. They close the file to nobody who asks for others.
    package let unsupported: [UnsupportedEntry]
    /// The strings of `__metadata__`, as the header lists them.
    package let metadata: [(String, String)]
    private let content: InputFile
    private let dataStart: Int
    private let indices: [String: Int]

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
            try MemoryBudget.check(Int(length) * SafetensorsHeader.parsedExpansion)
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
        entries = header.entries
        unsupported = header.unsupported
        metadata = header.metadata
        indices = Dictionary(
            uniqueKeysWithValues: header.entries.enumerated().map { ($1.name, $0) })
    }

    /// The tensor of that name, or nil.
    package func entry(_ name: String) -> Entry? { indices[name].map { entries[$0] } }

    /// What is said of a tensor that cannot be had.
    package func missing(_ name: String) -> ModelFileError {
        if let entry = unsupported.first(where: { $0.name == name }) {
            return ModelFileError(
                .unsupportedType, path: path,
                "tensor '\(name.printable)' is \(entry.type), which Braid has no type for; expected "
                    + DType.allCases.map(\.safetensorsName).joined(separator: ", ")
                    + " and \(Shape.rule)")
        }
        return ModelFileError(.mismatch, path: path, "there is no tensor '\(name.printable)'")
    }

    /// Reads a tensor's bytes.
    /// - Parameter buffer: as many bytes as the tensor has.
    /// - Throws: `ModelFileError` when there is no such tensor, the buffer has another size, or the
    ///   file cannot be read (any more).
    package func read(
        _ name: String, into buffer: UnsafeMutableRawBufferPointer
    ) throws(ModelFileError) {
        guard let entry = entry(name) else {
            throw missing(name)
        }
        guard buffer.count == entry.type.byteCount else {
            throw ModelFileError(
                .mismatch, path: path,
                "tensor '\(name.printable)' has \(entry.type.byteCount) bytes, not \(buffer.count)")
        }
        do throws(SystemError) {
            try content.read(into: buffer, at: dataStart + entry.dataOffset)
        } catch {
            throw ModelFileError(
                .unreadable, path: path, "tensor '\(name.printable)' cannot be read: \(error)")
        }
    }
}
