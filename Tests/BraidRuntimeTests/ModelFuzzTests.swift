import Braid
import BraidTestSupport
import Foundation
import Testing

/// Damaged graphs and model files: reading them ends with a value that is in order or a
/// `ModelFileError`.
@Suite(.printsSeed) struct ModelFuzzTests {
    /// Any value of the JSON may be replaced, removed, repeated or renamed, so that every check of
    /// every operator's attributes is reached.
    @Test func damagedGraphsGiveTypedErrors() throws {
        // A row without dtypes has refused calls only.
        let samples = Sample.all.filter { !$0.dtypes.isEmpty }
        var (accepted, refused) = (0, 0)
        Seeds.repeated(4_000) { generator in
            let cases = (0..<3).map { _ in
                let sample = generator.pick(samples)
                return sample.make(generator.pick(sample.dtypes), .small, &generator)
            }
            var json = try GraphCoding.json(of: ModelSupport.graph(of: cases).0)
            for _ in 0..<generator.int(1...2) { json = damaged(json, &generator) }
            do {
                let graph = try GraphCoding.graph(from: json, path: "fuzz")
                accepted += 1
                // What was read is a graph like any other.
                #expect(try ModelSupport.roundTrip(graph).isIdentical(to: graph))
                _ = try CompiledGraph(checking: graph, options: OptimizationOptions())
            } catch is ModelFileError {
                refused += 1
            }
        }
        #expect(accepted > 0 && refused > 0, "\(accepted) accepted, \(refused) refused")
    }

    @Test func damagedFilesGiveTypedErrors() throws {
        try SerializationSupport.withFolder { folder in
            let path = folder.appending(path: "model.braid").path
            try ModelSupport.layer().write(to: path)
            let original = Array(try Data(contentsOf: URL(filePath: path)))
            let file = open(path, O_WRONLY)
            try #require(file >= 0)
            defer { close(file) }
            var (accepted, refused) = (0, 0)
            Seeds.repeated(4_000) { generator in
                var bytes = original
                for _ in 0..<generator.int(1...2) { damage(&bytes, &generator) }
                // Emptying the file first makes some file systems wait for the disk.
                #expect(pwrite(file, bytes, bytes.count, 0) == bytes.count)
                #expect(ftruncate(file, off_t(bytes.count)) == 0)
                do {
                    let model = try Model(contentsOfFile: path)
                    try model.graph.verify()
                    accepted += 1
                } catch is ModelFileError {
                    refused += 1
                }
            }
            // Damage to the data is not seen.
            #expect(accepted > 0 && refused > accepted, "\(accepted), \(refused)")
        }
    }

    private func damage(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
        guard !bytes.isEmpty else { return }
        let place = generator.int(0...bytes.count - 1)
        switch generator.int(0...4) {
        case 0: bytes[place] ^= 1 << UInt8(generator.int(0...7))
        case 1: bytes.removeSubrange(place...)
        case 2: bytes[place] = generator.pick(Array("0123456789-.e[]{}\",:\\".utf8))
        case 3: bytes.removeSubrange(place..<min(bytes.count, place + generator.int(1...9)))
        default:
            // A digit for a digit keeps the header whole, so that what it says is wrong.
            let isDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) }
            guard let digit = bytes[place...].firstIndex(where: isDigit) else { return }
            bytes[digit] = UInt8(generator.int(0x30...0x39))
        }
    }

    /// The value with one of its parts changed.
    private func damaged(_ json: JSON, _ generator: inout SeededGenerator) -> JSON {
        switch json {
        case .array(var values):
            guard !values.isEmpty, !generator.oneIn(8) else { return other(generator: &generator) }
            let index = generator.int(0...values.count - 1)
            switch generator.int(0...9) {
            case 0: values.remove(at: index)
            case 1: values.insert(values[index], at: index)
            case 2: values.swapAt(index, generator.int(0...values.count - 1))
            default: values[index] = damaged(values[index], &generator)
            }
            return .array(values)
        case .object(var pairs):
            guard !pairs.isEmpty, !generator.oneIn(12) else { return other(generator: &generator) }
            let index = generator.int(0...pairs.count - 1)
            switch generator.int(0...12) {
            case 0: pairs.remove(at: index)
            case 1: pairs[index].0 = "other"
            default: pairs[index].1 = damaged(pairs[index].1, &generator)
            }
            return .object(pairs)
        case .integer(let value):
            let near = [value &- 1, value &+ 1, 0 &- value, value &* 2].randomElement(
                using: &generator)!
            return generator.oneIn(2) ? .integer(near) : other(generator: &generator)
        default: return other(generator: &generator)
        }
    }

    private func other(generator: inout SeededGenerator) -> JSON {
        let integers: [Int64] = [
            0, 1, -1, 2, 7, 8, 63, 64, 255, 1 << 20, 1 << 31, 1 << 32, 1 << 40, 1 << 61, .max, .min,
        ]
        switch generator.int(0...9) {
        case 0: return .null
        case 1: return .bool(generator.oneIn(2))
        case 2: return .number(generator.pick([0.5, -0.0, 1e300, -1e-300]))
        case 3:
            return .string(generator.pick(["", "f32", "i64", "bool", "nan", "-inf", "sum", "x"]))
        case 4:
            return .array([.integer(generator.pick(integers)), .integer(generator.pick(integers))])
        case 5: return .object([])
        default: return .integer(generator.pick(integers))
        }
    }
}
