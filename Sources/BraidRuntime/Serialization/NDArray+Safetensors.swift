import BraidCore

extension NDArray {
    /// The tensor of that name.
    /// - Throws: `ModelFileError` when there is none, it cannot be read, or it has truth values other
    ///   than 0 and 1.
    package init(_ name: String, of file: SafetensorsFile) throws(ModelFileError) {
        guard let type = file.entry(name)?.type else {
            throw ModelFileError(.mismatch, path: file.path, "there is no tensor '\(name)'")
        }
        self.init(uninitialized: type)
        let bytes = UnsafeMutableRawBufferPointer(
            start: storage.address, count: type.byteCount)
        try file.read(name, into: bytes)
        // Kernels count on truth values of 0 and 1.
        guard type.dtype != .bool || bytes.allSatisfy({ $0 <= 1 }) else {
            throw ModelFileError(
                .malformed, path: file.path,
                "tensor '\(name)' has truth values other than 0 and 1")
        }
    }
}
