import Braid
import BraidTestSupport
import Foundation

/// What the tests of files share.
enum SerializationSupport {
    /// How many random cases a test tries that tries `normal` of them in `make test`: twenty times as
    /// many in `make test-full`, a tenth under the thread sanitizer.
    static func count(_ normal: Int) -> Int {
        TestCounts.isLight ? normal / 10 : TestCounts.scaled(normal)
    }

    /// Runs `body` with an empty folder that is removed afterwards.
    static func withFolder<R>(_ body: (URL) throws -> R) throws -> R {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "braid-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder)
    }

    /// The bytes of a safetensors file with this header.
    static func file(_ header: String, data: [UInt8] = []) -> [UInt8] {
        let length = UInt64(header.utf8.count)
        return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * UInt64($0))) }
            + Array(header.utf8) + data
    }

    /// A tensor whose bytes follow from its name and type.
    static func tensor(_ name: String, _ type: TensorType) -> SafetensorsWriter.Tensor {
        SafetensorsWriter.Tensor(name: name, type: type) { write in
            try bytes(of: name, type).withUnsafeBytes { try write($0) }
        }
    }

    static func bytes(of name: String, _ type: TensorType) -> [UInt8] {
        let start = name.utf8.reduce(0) { $0 &* 31 &+ Int($1) }
        return (0..<type.byteCount).map { UInt8(truncatingIfNeeded: start &+ $0 &* 7) }
    }
}

extension SafetensorsFile {
    /// The bytes of one tensor.
    func bytes(of name: String) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0xEE, count: entry(name)?.type.byteCount ?? 0)
        try bytes.withUnsafeMutableBytes { try read(name, into: $0) }
        return bytes
    }
}
