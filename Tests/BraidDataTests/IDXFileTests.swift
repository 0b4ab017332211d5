import Braid
import BraidData
import BraidTestSupport
import Foundation
import Testing

@Suite(.printsSeed) struct IDXFileTests {
    /// Runs `body` with an empty folder that is removed afterwards.
    private func withFolder<R>(_ body: (URL) throws -> R) throws -> R {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "braid-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder)
    }

    private func read(_ bytes: [UInt8]) throws -> NDArray {
        try IDXFile.read(bytes, path: "array")
    }

    private func idx(_ code: UInt8, _ extents: [Int], _ data: [UInt8]) -> [UInt8] {
        [0, 0, code, UInt8(extents.count)]
            + extents.flatMap { extent in
                (0..<4).map { UInt8(extent >> (24 - 8 * $0) & 255) }
            } + data
    }

    /// A gzip member with stored blocks.
    private func gzipped(_ content: [UInt8], name: String? = nil) -> [UInt8] {
        var stream: [UInt8] = []
        for start in stride(from: 0, to: max(content.count, 1), by: 60_000) {
            let part = content[start..<min(start + 60_000, content.count)]
            let (low, high) = (UInt8(part.count & 255), UInt8(part.count >> 8))
            stream += [start + 60_000 >= content.count ? 1 : 0, low, high, ~low, ~high] + part
        }
        var sum = ~UInt32(0)
        for byte in content {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
        }
        let trailer = [~sum, UInt32(content.count)].flatMap { word in
            (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * UInt32($0))) }
        }
        let flags: UInt8 = name == nil ? 0 : 8
        let nameField: [UInt8] = name.map { Array($0.utf8) + [0] } ?? []
        return [0x1F, 0x8B, 8, flags, 0, 0, 0, 0, 0, 3] + nameField + stream + trailer
    }

    @Test func everyElementType() throws {
        let bytes = try read(idx(0x08, [2, 3], [1, 2, 3, 4, 5, 255]))
        #expect(bytes.shape == [2, 3])
        #expect(try bytes.scalars(as: UInt8.self) == [1, 2, 3, 4, 5, 255])
        #expect(try read(idx(0x09, [1], [0xFE])).scalars(as: Int8.self) == [-2])
        #expect(try read(idx(0x0B, [2], [0xFF, 0xFE, 1, 0])).scalars(as: Int16.self) == [-2, 256])
        #expect(try read(idx(0x0C, [1], [0, 1, 0, 2])).scalars(as: Int32.self) == [65_538])
        #expect(try read(idx(0x0D, [1], [0x3F, 0x80, 0, 0])).scalars(as: Float.self) == [1])
        let double = try read(idx(0x0E, [], [0x40, 0, 0, 0, 0, 0, 0, 0]))
        #expect(double.type == TensorType(.f64, []))
        #expect(try double.scalars(as: Double.self) == [2])
        #expect(try read(idx(0x08, [0, 4], [])).shape == [0, 4])
    }

    @Test func compressedFiles() throws {
        let content = idx(0x08, [70_000], (0..<70_000).map { UInt8($0 % 251) })
        let expected = try read(content).scalars(as: UInt8.self)
        for file in [gzipped(content), gzipped(content, name: "train")] {
            #expect(try read(file).scalars(as: UInt8.self) == expected)
        }
        // Members one behind the other, and zeros behind the last.
        let parts = gzipped(Array(content[..<40_000])) + gzipped(Array(content[40_000...]))
        #expect(try read(parts + [0, 0]).scalars(as: UInt8.self) == expected)
    }

    /// Members may end anywhere, within the header, too, and may be empty.
    @Test func membersEndAnywhere() throws {
        let content = idx(0x08, [2, 3], [0, 1, 2, 3, 4, 5])
        for first in 0...content.count {
            for second in first...content.count {
                let parts = [content[..<first], content[first..<second], content[second...]]
                let array = try read(parts.flatMap { gzipped(Array($0)) })
                #expect(array.type == TensorType(.u8, [2, 3]))
                #expect(try array.scalars(as: UInt8.self) == [0, 1, 2, 3, 4, 5])
            }
        }
        // What comes behind the content is no content.
        #expect(throws: DataError.self) { try read(gzipped(content) + gzipped([7])) }
        #expect(throws: DataError.self) { try read(gzipped(Array(content[..<5]))) }
    }

    /// Half a million members in time that grows with their number, whatever the content's length.
    @Test func manyEmptyMembers() throws {
        let content = idx(0x08, [1 << 20], [UInt8](repeating: 3, count: 1 << 20))
        let empty: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        func seconds(_ count: Int) throws -> Double {
            let file = gzipped(content) + (0..<count).flatMap { _ in empty }
            let start = ContinuousClock.now
            #expect(try read(file).count == 1 << 20)
            return (ContinuousClock.now - start) / .seconds(1)
        }
        // Each took memory as large as the content, and 10 microseconds and more.
        let (few, many) = (try seconds(10_000), try seconds(80_000))
        #expect(many < 5 + 30 * few)
    }

    @Test func plainFilesAreNotCalledCompressed() throws {
        for bytes in [
            [], [0, 0, 8, 9] + [UInt8](repeating: 0, count: 40), [0, 0, 8, 2, 0, 0, 0, 1],
        ]
            as [[UInt8]]
        {
            let error = #expect(throws: DataError.self) { try read(bytes) }
            #expect(error?.message.contains("is no IDX file: it ") == true, "\(error!)")
            #expect(error?.message.contains("compressed") == false, "\(error!)")
        }
        let error = #expect(throws: DataError.self) { try read(idx(0x08, [3], [1, 2])) }
        #expect(error?.message == "is no IDX file: it has 10 bytes; expected 11 of u8[3]")
    }

    @Test func filesThatAreNone() throws {
        let good = idx(0x08, [2, 2], [1, 2, 3, 4])
        let cases: [[UInt8]] = [
            [], [0, 0, 8], [1] + good, idx(0x07, [1], [1]), Array(good.dropLast()), good + [5],
            [0, 0, 8, 9] + [UInt8](repeating: 0, count: 40), idx(0x08, [1 << 31, 1 << 31], []),
            idx(0x0E, [0xFFFF_FFFF, 0x3FFF_FFFF], []), gzipped([]), gzipped(good + [5]),
            gzipped(Array(good.dropLast())), Array(gzipped(good).dropLast()), [0x1F, 0x8B],
            gzipped(good).dropLast(5) + [9, 4, 0, 0, 0], gzipped(idx(0x08, [1 << 30], [])),
        ]
        for (number, bytes) in cases.enumerated() {
            let error = #expect(throws: DataError.self, "case \(number)") { try read(bytes) }
            #expect(error?.code == .malformed)
        }
        let missing = #expect(throws: DataError.self) { try IDXFile.read("/nowhere/x") }
        #expect(missing?.code == .missing)
    }

    @Test func damagedFiles() throws {
        let content = idx(0x0B, [20, 5], (0..<200).map { UInt8($0) })
        let files = [content, gzipped(content), gzipped(content, name: "name")]
        Seeds.repeated(3_000) { generator in
            var bytes = files[generator.int(0...files.count - 1)]
            for _ in 0..<generator.int(1...3) where !bytes.isEmpty {
                let place = generator.int(0...bytes.count - 1)
                switch generator.int(0...2) {
                case 0: bytes[place] = UInt8(generator.int(0...255))
                case 1: bytes.removeSubrange(place...)
                default: bytes.insert(UInt8(generator.int(0...255)), at: place)
                }
            }
            do { try read(bytes).waitUntilReady() } catch is DataError {}
        }
    }

    @Test func foldersWithPointsInTheNames() throws {
        try withFolder { folder in
            func write(_ name: String, _ bytes: [UInt8]) throws {
                try Data(bytes).write(to: folder.appending(path: name))
            }
            let empty = #expect(throws: DataError.self) { try IDXFolder(path: folder.path) }
            #expect(empty?.message.contains("the folder is empty") == true)
            try write("train-images.idx3-ubyte", idx(0x08, [1, 2, 1], [0, 255]))
            try write("train-labels.idx1-ubyte", idx(0x08, [1], [3]))
            try write("test-images.idx3-ubyte.gz", gzipped(idx(0x08, [1, 2, 1], [0, 255])))
            try write("t10k-labels.idx1-ubyte", idx(0x08, [1], [2]))
            let data = try IDXFolder(path: folder.path)
            #expect((data.height, data.width, data.classes) == (2, 1, 4))
            let gone = #expect(throws: DataError.self) { try IDXFolder(path: folder.path + "/no") }
            #expect(gone?.message.contains("cannot be listed") == true)
        }
    }

    @Test func folders() throws {
        try withFolder { folder in
            func write(_ name: String, _ bytes: [UInt8]) throws {
                try Data(bytes).write(to: folder.appending(path: name))
            }
            try write("train-images-idx3-ubyte", idx(0x08, [3, 1, 2], [0, 255, 51, 0, 102, 0]))
            try write("train-labels-idx1-ubyte.gz", gzipped(idx(0x08, [3], [0, 4, 2])))
            try write("t10k-images-idx3-ubyte.gz", gzipped(idx(0x08, [1, 1, 2], [255, 0])))
            let missing = #expect(throws: DataError.self) { try IDXFolder(path: folder.path) }
            #expect(missing?.code == .missing)
            #expect(missing?.path.hasSuffix("t10k-labels-idx1-ubyte") == true)
            // What lies there is said.
            #expect(missing?.message.contains("'t10k-images-idx3-ubyte.gz'") == true)

            try write("t10k-labels-idx1-ubyte", idx(0x08, [1], [1]))
            let data = try IDXFolder(path: folder.path)
            #expect((data.height, data.width, data.classes) == (1, 2, 5))
            #expect(data.training.count == 3)
            let batch = data.training.batch(at: [2, 0])
            #expect(batch.input.type == TensorType(.f32, [2, 1, 1, 2]))
            let pixels = try batch.input.scalars(as: Float.self)
            #expect(zip(pixels, [0.4, 0, 0, 1]).allSatisfy { abs($0 - $1) < 1e-6 })
            #expect(try batch.label.scalars(as: Int64.self) == [2, 0])

            try write("t10k-labels-idx1-ubyte", idx(0x08, [2], [1, 1]))
            let mismatch = #expect(throws: DataError.self) { try IDXFolder(path: folder.path) }
            #expect(mismatch?.description.contains("one label for each image") == true)
            try write("t10k-labels-idx1-ubyte", idx(0x08, [1], [1]))
            try write("t10k-images-idx3-ubyte.gz", gzipped(idx(0x08, [1, 2, 1], [255, 0])))
            let shapes = #expect(throws: DataError.self) { try IDXFolder(path: folder.path) }
            #expect(shapes?.description.contains("1x2 pixels for training") == true)
        }
    }
}
