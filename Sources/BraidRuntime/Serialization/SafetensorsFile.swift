package import BraidCore
package import BraidFormats
import BraidPlatform

/// A safetensors file that is open for reading, its tensors with Braid's types.
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

    /// The tensors, as the header lists them.
    package let entries: [Entry]
    /// The tensors that cannot be read. They close the file to nobody who asks for others.
    package let unsupported: [UnsupportedEntry]
    private let container: SafetensorsContainer
    private let indices: [String: Int]

    /// Opens a file and checks its header.
    /// - Throws: `ModelFileError` when the file cannot be read or breaks the format.
    package convenience init(path: String) throws(ModelFileError) {
        try self.init(SafetensorsContainer(path: path))
    }

    /// Takes bytes for those of a file and checks the header.
    /// - Parameter path: what messages call the file.
    /// - Throws: `ModelFileError` when the bytes break the format.
    package convenience init(bytes: [UInt8], path: String) throws(ModelFileError) {
        try self.init(SafetensorsContainer(bytes: bytes, path: path))
    }

    private init(_ container: SafetensorsContainer) throws(ModelFileError) {
        var entries: [Entry] = []
        var unsupported: [UnsupportedEntry] = []
        for tensor in container.tensors {
            guard let type = TensorType(tensor) else {
                unsupported.append(.init(name: tensor.name, type: tensor.typeDescription))
                continue
            }
            let byteCount = type.representableByteCount
            guard byteCount == tensor.data.count else {
                throw ModelFileError(
                    .malformed, path: container.path,
                    "tensor '\(tensor.name.printable)' has \(tensor.data.count) bytes of data; "
                        + "\(type) needs \(byteCount.map { "\($0)" } ?? "more than any file has")")
            }
            entries.append(
                Entry(name: tensor.name, type: type, dataOffset: tensor.data.lowerBound))
        }
        self.entries = entries
        self.unsupported = unsupported
        indices = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.name, $0) })
        self.container = container
    }

    package var path: String { container.path }
    /// The strings of `__metadata__`, as the header lists them.
    package var metadata: [(String, String)] { container.metadata }

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
            try container.read(into: buffer, at: entry.dataOffset)
        } catch {
            throw ModelFileError(
                .unreadable, path: path, "tensor '\(name.printable)' cannot be read: \(error)")
        }
    }
}
