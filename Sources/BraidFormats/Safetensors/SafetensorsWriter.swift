import BraidPlatform

/// Writes safetensors files whose bytes depend on the content alone: keys are sorted by their UTF-8
/// bytes, tensors stand in an order that follows from their names and types.
package enum SafetensorsWriter {
    /// A tensor to write.
    package struct Tensor {
        let name: String
        let dtype: String
        let extents: [Int]
        let elementSize: Int
        let byteCount: Int
        let provide: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void

        /// A tensor whose dense bytes `provide` hands to its argument, in one or more calls.
        /// - Parameter dtype: as the format names it.
        package init(
            name: String, dtype: String, extents: [Int], elementSize: Int,
            provide: @escaping (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
        ) {
            self.name = name
            self.dtype = dtype
            self.extents = extents
            self.elementSize = elementSize
            byteCount = extents.reduce(elementSize, *)
            self.provide = provide
        }
    }

    /// Where the data begin, and where as many tensors as possible do.
    static let alignment = 64

    /// Writes a file, whole or not at all.
    /// - Throws: `ModelFileError` when it cannot be written or a name occurs twice; what a tensor's
    ///   `provide` throws.
    package static func write(
        to path: String, metadata: [(String, String)], tensors: [Tensor]
    ) throws {
        try checkNames(metadata.map(\.0), "metadata key", path: path)
        try checkNames(
            tensors.map(\.name) + [SafetensorsHeader.metadataKey], "tensor name", path: path)
        let order = SafetensorsOrder.arrange(tensors)
        let file = try AtomicFile(path: path)
        try header(metadata: metadata, order).withUnsafeBytes { try file.write($0) }
        for tensor in order {
            var written = 0
            try tensor.provide { bytes in
                written += bytes.count
                try file.write(bytes)
            }
            invariant(
                written == tensor.byteCount,
                "tensor '\(tensor.name)' of \(tensor.byteCount) bytes was written as \(written)")
        }
        try file.commit()
    }

    private static func checkNames(
        _ names: [String], _ kind: String, path: String
    ) throws(ModelFileError) {
        var seen: Set<String> = []
        for name in names where !seen.insert(name).inserted {
            throw ModelFileError(
                .invalidName, path: path, "the \(kind) '\(name)' occurs twice or is reserved")
        }
    }

    /// Length and header, with spaces at the end so that the data are aligned.
    private static func header(metadata: [(String, String)], _ order: [Tensor]) -> [UInt8] {
        var fields: [(String, JSON)] = []
        if !metadata.isEmpty {
            let pairs = metadata.map { ($0.0, JSON.string($0.1)) }
            fields.append((SafetensorsHeader.metadataKey, .object(sorted(pairs))))
        }
        var offset: Int64 = 0
        for tensor in order {
            let end = offset + Int64(tensor.byteCount)
            let extents = tensor.extents.map { JSON.integer(Int64($0)) }
            fields.append(
                (
                    tensor.name,
                    .object([
                        ("data_offsets", .array([.integer(offset), .integer(end)])),
                        ("dtype", .string(tensor.dtype)),
                        ("shape", .array(extents)),
                    ])
                ))
            offset = end
        }
        var json = Array(JSON.object(sorted(fields)).text.utf8)
        let excess = (8 + json.count) % alignment
        json += Array(repeating: UInt8(ascii: " "), count: (alignment - excess) % alignment)
        return withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) } + json
    }

    private static func sorted(_ fields: [(String, JSON)]) -> [(String, JSON)] {
        fields.sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
    }
}
