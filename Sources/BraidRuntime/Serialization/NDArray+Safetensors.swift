import BraidCore
package import BraidFormats
import BraidPlatform

extension NDArray {
    /// The tensor of that name.
    /// - Throws: `ModelFileError` when there is none, it cannot be read, there is no memory for it, or it
    ///   has truth values other than 0 and 1.
    package init(_ name: String, of file: SafetensorsFile) throws(ModelFileError) {
        guard let type = file.entry(name)?.type else { throw file.missing(name) }
        do throws(ArrayError) { try self.init(reserving: type) } catch {
            throw ModelFileError(
                .tooLarge, path: file.path,
                "tensor '\(name.printable)' is \(type), which is too large: \(error.message)")
        }
        let bytes = UnsafeMutableRawBufferPointer(
            start: storage.address, count: type.byteCount)
        try file.read(name, into: bytes)
        // Kernels count on truth values of 0 and 1.
        guard type.dtype != .bool || bytes.allSatisfy({ $0 <= 1 }) else {
            throw ModelFileError(
                .malformed, path: file.path,
                "tensor '\(name.printable)' has truth values other than 0 and 1")
        }
    }
}
