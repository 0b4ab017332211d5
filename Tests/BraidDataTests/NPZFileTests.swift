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

    @Test func damagedArchives() throws {
        let files = try [
            bytes(CompressedSamples.plainArchive), bytes(CompressedSamples.compressedArchive),
            written(["a": NDArray([1, 2, 3] as [Float]), "b": NDArray([4] as [Int32])]),
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
        }
    }
}
