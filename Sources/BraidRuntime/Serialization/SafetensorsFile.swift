package import BraidCore

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
        var dataEnd: Int { dataOffset + type.byteCount }
    }

    package let path: String
    /// The tensors, as the header lists them.
    package let entries: [Entry]
    /// The strings of `__metadata__`, as the header lists them.
    package let metadata: [(String, String)]
    private let content: Content
    private let dataStart: Int
    private let indices: [String: Int]

    /// Where the bytes come from.
    private enum Content: ~Copyable, Sendable {
        case file(FileDescriptor)
        case memory([UInt8])

        borrowing func byteCount() throws(SystemError) -> Int {
            switch self {
            case .file(let descriptor): try descriptor.byteCount()
            case .memory(let bytes): bytes.count
            }
        }

        borrowing func bytes(at offset: Int, count: Int) throws(SystemError) -> [UInt8] {
            switch self {
            case .file(let descriptor): try descriptor.bytes(at: offset, count: count)
            case .memory(let bytes): Array(bytes[offset..<offset + count])
            }
        }

        borrowing func read(
            into buffer: UnsafeMutableRawBufferPointer, at offset: Int
        ) throws(SystemError) {
            switch self {
            case .file(let descriptor): try descriptor.read(into: buffer, at: offset)
            case .memory(let bytes): buffer.copyBytes(from: bytes[offset..<offset + buffer.count])
            }
        }
    }

    /// Opens a file and checks its header.
    /// - Throws: `ModelFileError` when the file cannot be read or breaks the format.
    package convenience init(path: String) throws(ModelFileError) {
        let descriptor: FileDescriptor
        do throws(SystemError) { descriptor = try .reading(path) } catch {
            throw ModelFileError(.unreadable, path: path, "cannot be read: \(error)")
        }
        try self.init(.file(descriptor), path: path)
    }

    /// Takes bytes for those of a file and checks the header.
    /// - Parameter path: what messages call the file.
    /// - Throws: `ModelFileError` when the bytes break the format.
    package convenience init(bytes: [UInt8], path: String) throws(ModelFileError) {
        try self.init(.memory(bytes), path: path)
    }

    private init(_ content: consuming Content, path: String) throws(ModelFileError) {
        let fileByteCount: Int
        let lengthBytes: [UInt8]
        do throws(SystemError) {
            fileByteCount = try content.byteCount()
            lengthBytes = try content.bytes(at: 0, count: min(8, fileByteCount))
        } catch {
            throw ModelFileError(.unreadable, path: path, "cannot be read: \(error)")
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
        do throws(SystemError) {
            json = try content.bytes(at: 8, count: Int(length))
        } catch {
            throw ModelFileError(.unreadable, path: path, "cannot be read: \(error)")
        }
        dataStart = 8 + json.count
        let header = try SafetensorsHeader(
            json, dataByteCount: fileByteCount - dataStart, path: path)
        self.content = content
        self.path = path
        entries = header.entries
        metadata = header.metadata
        indices = Dictionary(
            uniqueKeysWithValues: header.entries.enumerated().map { ($1.name, $0) })
    }

    /// The tensor of that name, or nil.
    package func entry(_ name: String) -> Entry? { indices[name].map { entries[$0] } }

    /// Reads a tensor's bytes.
    /// - Parameter buffer: as many bytes as the tensor has.
    /// - Throws: `ModelFileError` when there is no such tensor, the buffer has another size, or the
    ///   file cannot be read (any more).
    package func read(
        _ name: String, into buffer: UnsafeMutableRawBufferPointer
    ) throws(ModelFileError) {
        guard let entry = entry(name) else {
            throw ModelFileError(.mismatch, path: path, "there is no tensor '\(name)'")
        }
        guard buffer.count == entry.type.byteCount else {
            throw ModelFileError(
                .mismatch, path: path,
                "tensor '\(name)' has \(entry.type.byteCount) bytes, not \(buffer.count)")
        }
        do throws(SystemError) {
            try content.read(into: buffer, at: dataStart + entry.dataOffset)
        } catch {
            throw ModelFileError(
                .unreadable, path: path, "tensor '\(name)' cannot be read: \(error)")
        }
    }
}
