import Braid
import Foundation
import Testing

/// Damaged files: whatever is in them, opening and reading ends with a value or a `ModelFileError`.
struct SerializationFuzzTests {
    private typealias Support = SerializationSupport

    /// A whole file with tensors of several types.
    private func original(in folder: URL) throws -> [UInt8] {
        let url = folder.appending(path: "original")
        let types: [(String, TensorType)] = [
            ("w", TensorType(.f32, [3, 5])), ("b", TensorType(.f64, [2])),
            ("i", TensorType(.i64, [])), ("m", TensorType(.bool, [3])),
            ("e", TensorType(.bf16, [0, 2])),
        ]
        try SafetensorsWriter.write(
            to: url.path, metadata: [("model", "mlp"), ("braid.format_version", "1")],
            tensors: types.map { Support.tensor($0.0, $0.1) })
        return Array(try Data(contentsOf: url))
    }

    @Test func damagedFilesGiveTypedErrors() throws {
        try Support.withFolder { folder in
            let original = try original(in: folder)
            let path = folder.appending(path: "damaged").path
            let damaged = open(path, O_WRONLY | O_CREAT, 0o600)
            try #require(damaged >= 0)
            defer { close(damaged) }
            let seed: UInt64 = 20
            var (accepted, refused) = (0, 0)
            for round in 0..<Support.count(20_000) {
                var generator = SplitMix64(seed: seed, stream: UInt64(round))
                var bytes = original
                for _ in 0...generator.next(below: 3) { damage(&bytes, &generator) }
                overwrite(damaged, bytes)
                do {
                    let file = try SafetensorsFile(path: path)
                    for entry in file.entries {
                        // Nothing larger than the file is ever asked for.
                        #expect(
                            entry.type.byteCount <= bytes.count, "seed \(seed), round \(round)")
                        _ = try file.bytes(of: entry.name)
                    }
                    accepted += 1
                } catch is ModelFileError {
                    refused += 1
                } catch {
                    Issue.record("seed \(seed), round \(round): \(type(of: error)): \(error)")
                }
            }
            // Damage to data alone is not seen; damage to the header mostly is.
            #expect(accepted > 0 && refused > accepted)
        }
    }

    /// Replaces a file's content without emptying it first, which some file systems answer by waiting
    /// for the disk.
    private func overwrite(_ file: Int32, _ bytes: [UInt8]) {
        #expect(pwrite(file, bytes, bytes.count, 0) == bytes.count)
        #expect(ftruncate(file, off_t(bytes.count)) == 0)
    }

    private func damage(_ bytes: inout [UInt8], _ generator: inout SplitMix64) {
        // Most of the damage goes to the header, which is where the checks are.
        let reach = min(bytes.count, generator.next(below: 4) == 0 ? bytes.count : 520)
        guard reach > 0 else { return bytes.append(0) }
        let place = generator.next(below: reach)
        switch generator.next(below: 6) {
        case 0: bytes[place] ^= 1 << UInt8(generator.next(below: 8))
        case 1: bytes.removeSubrange(place...)
        case 2:
            let count = 1 + generator.next(below: 9)
            bytes.insert(
                contentsOf: (0..<count).map { _ in UInt8(generator.next(below: 256)) }, at: place)
        case 3: bytes.removeSubrange(place..<min(bytes.count, place + 1 + generator.next(below: 9)))
        case 4: bytes[place] = Array("0123456789-.e[]{}\",:".utf8)[generator.next(below: 20)]
        default: replaceNumber(in: &bytes, from: place, &generator)
        }
    }

    /// Puts another number in the place of the next one in the header, at its length if it is short.
    private func replaceNumber(
        in bytes: inout [UInt8], from place: Int, _ generator: inout SplitMix64
    ) {
        let isDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) }
        guard let start = bytes[place...].firstIndex(where: isDigit) else { return }
        let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.count
        let numbers = [
            "0", "1", "9", "255", "4294967296", "9223372036854775807", "-1",
            "99999999999999999999", "1e9", "\(generator.next(below: 1000))",
        ]
        bytes.replaceSubrange(start..<end, with: numbers[generator.next(below: numbers.count)].utf8)
    }
}
