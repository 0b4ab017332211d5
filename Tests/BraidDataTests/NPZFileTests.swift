import Braid
import BraidData
import BraidTestSupport
import Foundation
import Testing

@Suite(.printsSeed) struct NPZFileTests {
    private func bytes(_ text: String) throws -> [UInt8] {
        Array(try #require(Data(base64Encoded: text, options: .ignoreUnknownCharacters)))
    }

    private func written(_ arrays: [String: NDArray]) throws -> [UInt8] {
        let file = FileManager.default.temporaryDirectory.appending(
            path: "braid-\(UUID().uuidString).npz")
        defer { try? FileManager.default.removeItem(at: file) }
        try NPZFile.write(arrays, to: file.path)
        #expect(try Set(NPZFile.read(file.path).keys) == Set(arrays.keys))
        return Array(try Data(contentsOf: file))
    }

    @Test func archivesOfNumPyAreRead() throws {
        let plain = try NPZFile.read(bytes(CompressedSamples.plainArchive), path: "plain")
        #expect(plain.keys.sorted() == ["weight"])
        let archive = try NPZFile.read(bytes(CompressedSamples.compressedArchive), path: "x")
        #expect(archive.keys.sorted() == ["steps", "weight"])
        for weight in [plain["weight"]!, archive["weight"]!] {
            #expect(weight.shape == [2, 3])
            #expect(try weight.scalars(as: Float.self) == [0, 1, 2, 3, 4, 5])
        }
        #expect(
            try archive["steps"]!.scalars(as: Int64.self) == [Int64](repeating: 7, count: 50))
    }

    @Test func arraysComeBack() throws {
        let arrays = [
            "b.weight": NDArray((0..<6).map { Float($0) }, shape: [2, 3]).transposed(),
            "a": NDArray(Int64(-3)), "empty": NDArray([] as [Bool], shape: [0, 2]),
        ]
        let file = try written(arrays)
        #expect(try written(arrays) == file)
        let copies = try NPZFile.read(file, path: "copy")
        for (name, array) in arrays {
            let copy = try #require(copies[name])
            #expect(copy.type == array.type)
            #expect(
                try copy.cast(to: .f64).scalars(as: Double.self)
                    == array.cast(to: .f64).scalars(as: Double.self))
        }
        #expect(try NPZFile.read(written([:]), path: "none").isEmpty)
        #expect(throws: DataError.self) {
            try NPZFile.write(["x": NDArray([1 as Float]).cast(to: .bf16)], to: "/tmp/never.npz")
        }
    }

    /// An archive of stored files, as the format has it; of those with a stream, that.
    private func archive(
        _ files: [(name: String, content: [UInt8])], streams: [String: [UInt8]] = [:]
    ) -> [UInt8] {
        func bytes(_ number: Int, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
        }
        var (archive, directory) = ([UInt8](), [UInt8]())
        for (name, content) in files {
            let stored = streams[name] ?? content
            let fields =
                bytes(20, 2) + bytes(0, 2) + bytes(streams[name] == nil ? 0 : 8, 2) + bytes(0, 4)
                + bytes(Int(checksum(content)), 4) + bytes(stored.count, 4)
                + bytes(content.count, 4) + bytes(name.utf8.count, 2) + bytes(0, 2)
            directory +=
                [0x50, 0x4B, 1, 2] + bytes(20, 2) + fields + bytes(0, 10)
                + bytes(archive.count, 4) + Array(name.utf8)
            archive += [0x50, 0x4B, 3, 4] + fields + Array(name.utf8) + stored
        }
        return archive + directory + [0x50, 0x4B, 5, 6] + bytes(0, 4) + bytes(files.count, 2)
            + bytes(files.count, 2) + bytes(directory.count, 4) + bytes(archive.count, 4)
            + bytes(0, 2)
    }

    private func checksum(_ content: [UInt8]) -> UInt32 {
        var sum = ~UInt32(0)
        for byte in content {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
        }
        return ~sum
    }

    /// The bytes of an `.npy` file of this shape, as Python writes a tuple.
    private func npy(_ description: String, _ shape: String, _ data: [UInt8]) -> [UInt8] {
        let text = "{'descr': '\(description)', 'fortran_order': False, 'shape': \(shape), }\n"
        return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.utf8.count), 0] + Array(text.utf8)
            + data
    }

    private func withFile<R>(_ bytes: [UInt8], _ body: (String) throws -> R) throws -> R {
        let file = FileManager.default.temporaryDirectory.appending(
            path: "braid-\(UUID().uuidString).npz")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(bytes).write(to: file)
        return try body(file.path)
    }

    /// What is no array of Braid's closes the archive to nobody.
    @Test func otherFilesBesideTheArrays() throws {
        let weights = npy("|u1", "(3,)", [1, 2, 3])
        let file = archive([
            ("net/", []), ("meta.json", Array("{}".utf8)), ("net/weights.npy", weights),
            ("README.txt", Array("hello".utf8)), ("complex.npy", npy("<c8", "(0,)", [])),
            ("deep.npy", npy("|u1", "(1, 1, 1, 1, 1, 1, 1, 1, 1)", [9])),
            ("bad.npy", Array("no array".utf8)), ("b.npy", npy("|u1", "()", [7])),
        ])
        try withFile(file) { path in
            let archive = try NPZFile(path: path)
            #expect(archive.names == ["net/weights", "complex", "deep", "bad", "b"])
            #expect(try archive.array("net/weights").scalars(as: UInt8.self) == [1, 2, 3])
            #expect(try archive.array("b").scalars(as: UInt8.self) == [7])
            for (name, code) in [
                ("complex", .unsupported), ("deep", .unsupported), ("bad", .malformed),
                ("none", .missing),
            ] as [(String, DataError.Code)] {
                let error = #expect(throws: DataError.self) { try archive.array(name) }
                #expect(error?.code == code, "\(name): \(error!)")
            }
            let entries = try archive.entries()
            #expect(entries.count == 8)
            #expect(entries.filter { $0.type != nil }.map(\.name) == ["net/weights", "b"])
            #expect(entries[2].type == TensorType(.u8, [3]))
            #expect(entries[0].obstacle == "it is a folder")
            #expect(entries.allSatisfy { ($0.type == nil) != ($0.obstacle == nil) })
        }
        let good = archive([
            ("a.npy", weights), ("README.txt", []), ("net/", []),
            ("deep.npy", npy("|u1", "(1, 1, 1, 1, 1, 1, 1, 1, 1)", [9])),
        ])
        #expect(try NPZFile.read(good, path: "good").keys.sorted() == ["a"])
    }

    /// A beginning that is far from the beginning of the stream, and a long header.
    @Test func oddStreamsAreListedAsTheyAreRead() throws {
        let text = String(repeating: " ", count: 3000)
        let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }\(text)\n"
        let count = header.utf8.count
        let long =
            [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(count & 255), UInt8(count >> 8)]
            + Array(header.utf8) + [1, 2, 3]
        let content = npy("|u1", "(3,)", [1, 2, 3])
        let (low, high) = (UInt8(content.count), UInt8(0))
        // Nothing in 3,000 stored blocks, then all in the last.
        let stream =
            (0..<3000).flatMap { _ in [0, 0, 0, 0xFF, 0xFF] as [UInt8] }
            + [1, low, high, ~low, ~high] + content
        let file = archive([("a.npy", content), ("b.npy", long)], streams: ["a.npy": stream])
        try withFile(file) { path in
            let archive = try NPZFile(path: path)
            #expect(
                try archive.entries().map(\.type)
                    == [TensorType](repeating: TensorType(.u8, [3]), count: 2))
            for name in ["a", "b"] {
                #expect(try archive.array(name).scalars(as: UInt8.self) == [1, 2, 3])
            }
        }
    }

    /// Many names for the same bytes: a small file that says it has much.
    @Test func overlappingEntries() throws {
        var file = archive((0..<50).map { ("\($0).npy", npy("|u1", "(3,)", [1, 2, 3])) })
        #expect(try NPZFile.read(file, path: "x").count == 50)
        // All entries of the directory lead to the first.
        let signature: [UInt8] = [0x50, 0x4B, 1, 2]
        for start in file.indices.dropLast(46)
        where file[start..<(start + 4)].elementsEqual(signature) {
            for place in 42..<46 { file[start + place] = 0 }
        }
        let error = #expect(throws: DataError.self) { try NPZFile.read(file, path: "x") }
        #expect(error?.code == .malformed)
        #expect(error?.message.contains("overlaps") == true)
    }

    @Test func damagedArchives() throws {
        let files: [[UInt8]] = try [
            bytes(CompressedSamples.plainArchive), bytes(CompressedSamples.compressedArchive),
            written(["a": NDArray([1, 2, 3] as [Float]), "b": NDArray([4] as [Int32])]),
            archive([("d/", []), ("d/a.npy", npy("|u1", "(2,)", [1, 2])), ("t", [5, 6])]),
        ]
        for file in files {
            for count in [0, 10, 21, 22, file.count / 2, file.count - 1] {
                #expect(throws: DataError.self) {
                    try NPZFile.read(Array(file.prefix(count)), path: "cut")
                }
            }
        }
        Seeds.repeated(4_000) { generator in
            var file = files[generator.int(0...files.count - 1)]
            for _ in 0..<generator.int(1...3) {
                let place = generator.int(0...file.count - 1)
                file[place] = generator.oneIn(2) ? UInt8(generator.int(0...255)) : 0xFF
            }
            do { _ = try NPZFile.read(file, path: "damaged") } catch is DataError {}
            if generator.oneIn(20) {
                try withFile(file) { path in
                    do { _ = try NPZFile(path: path).entries() } catch is DataError {}
                }
            }
        }
    }
}
