import Braid
import BraidTestSupport
import Foundation
import Testing

@Suite(.printsSeed) struct NPYFileTests {
    private typealias Samples = NPYFileSamples

    /// Runs `body` with the path of a file in an empty folder that is removed afterwards.
    private func withPath<R>(_ body: (String) throws -> R) throws -> R {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "braid-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder.appending(path: "array.npy").path)
    }

    private func read(_ bytes: [UInt8]) throws -> NDArray {
        try withPath { path in
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            return try NPYFile.read(path)
        }
    }

    private func bytes(writtenFor array: NDArray) throws -> [UInt8] {
        try withPath { path in
            try NPYFile.write(array, to: path)
            return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        }
    }

    /// A file of version 1.0 with this text as its header.
    private func file(_ text: String, data: [UInt8] = []) -> [UInt8] {
        let count = text.utf8.count
        return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(count & 0xFF), UInt8(count >> 8)]
            + Array(text.utf8) + data
    }

    private func contents(_ array: NDArray) throws -> [UInt8] { try array.withBytes { Array($0) } }

    @Test(arguments: DType.allCases.filter { $0 != .bf16 })
    func everyDTypeComesBack(dtype: DType) throws {
        let shapes: [Shape] = [[], [1], [7], [0], [2, 0, 3], [3, 5], [2, 1, 3, 2, 1, 2, 1, 2]]
        for shape in shapes {
            let array = try NDArray(TensorType(dtype, shape)) { buffer in
                for place in buffer.indices {
                    buffer[place] = UInt8(
                        truncatingIfNeeded: dtype == .bool ? place % 2 : 37 * place)
                }
            }
            try withPath { path in
                try NPYFile.write(array, to: path)
                let copy = try NPYFile.read(path)
                #expect(copy.type == array.type)
                #expect(try contents(copy) == contents(array))
                let size = try #require(
                    FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
                #expect((size - array.type.byteCount) % 64 == 0)
            }
        }
    }

    @Test func viewsAreWrittenInTheOrderOfTheirElements() throws {
        let array = NDArray((0..<24).map { Float($0) }, shape: [4, 6])
        for view in [array.transposed(), array[1..<3, 2...], array[2], array.transposed()[1..<4]] {
            try withPath { path in
                try NPYFile.write(view, to: path)
                let copy = try NPYFile.read(path)
                #expect(copy.shape == view.shape)
                #expect(try copy.scalars(as: Float.self) == view.scalars(as: Float.self))
            }
        }
    }

    @Test func filesOfNumPyAreRead() throws {
        let float32 = try read(Samples.float32)
        #expect(float32.shape == [2, 3])
        #expect(try float32.scalars(as: Float.self) == [1.5, -2, 3, 0, 0.25, -1e9])
        let bigEndian = try read(Samples.bigEndianFloat64)
        #expect(try bigEndian.scalars(as: Double.self) == [1.5, -2])
        let bool = try read(Samples.bool)
        #expect(try bool.scalars(as: Bool.self) == [true, false, true])
        let half = try read(Samples.scalarFloat16)
        #expect(half.type == TensorType(.f16, []))
        #expect(try contents(half) == [0x00, 0x38])
        #expect(try read(Samples.emptyInt64).type == TensorType(.i64, [0, 3]))
    }

    @Test func columnMajorFilesAreTransposed() throws {
        let int16 = try read(Samples.fortranInt16)
        #expect(int16.shape == [2, 3])
        #expect(try int16.scalars(as: Int16.self) == [1, 2, 3, -4, 5, 600])
        let uint64 = try read(Samples.fortranUInt64)
        #expect(uint64.shape == [2, 2, 2])
        #expect(try uint64.scalars(as: UInt64.self) == Array(0..<8))
    }

    @Test func filesAreWrittenAsNumPyWritesThem() throws {
        let float32 = NDArray([1.5, -2, 3, 0, 0.25, -1e9] as [Float], shape: [2, 3])
        #expect(try bytes(writtenFor: float32) == Samples.float32)
        #expect(try bytes(writtenFor: read(Samples.scalarFloat16)) == Samples.scalarFloat16)
        #expect(try bytes(writtenFor: NDArray([] as [Int64], shape: [0, 3])) == Samples.emptyInt64)
    }

    @Test(arguments: [
        "{'descr':'|u1','fortran_order':False,'shape':(2,)}",
        " { \"shape\" : ( 1 , 2L , ) , 'fortran_order': True,\n 'descr': '<u1' , } \n",
        "{'descr': '=u1', 'fortran_order': True, 'shape': (2, 1)}   \n",
    ])
    func otherSpellingsAreRead(text: String) throws {
        let array = try read(file(text, data: [3, 4]))
        #expect(array.count == 2)
        #expect(try array.scalars(as: UInt8.self) == [3, 4])
    }

    @Test(arguments: [
        "", "{}", "{", "()", "{'descr': '|u1', 'fortran_order': False}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (1 2)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (-2,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (02,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': [2]}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '|u1', 'fortran_order': 0, 'shape': (2,)}",
        "{'descr': u1, 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '\\x7cu1', 'fortran_order': False, 'shape': (2,)}",
        "{\"descr': '|u1', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2,)",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2,)} + {}",
        "{'descr': '|u1' 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), 'more': ()}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (3,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '|b1', 'fortran_order': False, 'shape': (2,)}",
        // 2^61 elements of 8 bytes are more bytes than a word can count.
        "{'descr': '<u8', 'fortran_order': False, 'shape': (2147483648, 1073741824)}",
    ])
    func malformedFilesAreRefused(text: String) {
        expectFailure(.malformed, file(text, data: [1, 2]))
    }

    @Test(arguments: [
        "{'descr': '|u1', 'fortran_order': False, 'shape': (4294967296,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1, 1, 2)}",
        "{'descr': '<c8', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '|O', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '|f4', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': 'u1', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}",
    ])
    func whatBraidCannotHoldIsRefused(text: String) {
        expectFailure(.unsupported, file(text, data: [1, 2]))
    }

    @Test func damagedPrefixesAreRefused() {
        for count in 0..<Samples.bool.count {
            expectFailure(.malformed, Array(Samples.bool.prefix(count)))
        }
        expectFailure(.malformed, Samples.bool + [0])
        var other = Samples.bool
        other[6] = 4
        expectFailure(.unsupported, other)
        // A header as long as 32 bits can say, and one that is there but needlessly long.
        let start = Array(Samples.bool.prefix(8))
        expectFailure(.malformed, start + [0xFF, 0xFF, 0xFF, 0xFF])
        let spaces = [UInt8](repeating: 0x20, count: 1 << 16)
        expectFailure(.unsupported, start + [0, 0, 1, 0] + spaces)
    }

    private func expectFailure(_ code: DataError.Code, _ bytes: [UInt8]) {
        let error = #expect(throws: DataError.self) { try read(bytes) }
        #expect(error?.code == code)
        #expect(error?.path.hasSuffix("/array.npy") == true)
        #expect(error?.message.contains("expected") == true)
    }

    @Test func placesThatAreNoFilesAreRefused() throws {
        try withPath { path in
            let missing = #expect(throws: DataError.self) { try NPYFile.read(path) }
            #expect(missing?.code == .missing && missing?.path == path)
            let folder = #expect(throws: DataError.self) { try NPYFile.read("/") }
            #expect(folder?.code == .unreadable)
            let array = NDArray([1, 2] as [Float])
            let unwritable = #expect(throws: DataError.self) {
                try NPYFile.write(array, to: path + "/array.npy")
            }
            #expect(unwritable?.code == .unwritable)
        }
    }

    @Test func bfloat16IsRefusedAndTheFileStays() throws {
        try withPath { path in
            try NPYFile.write(NDArray([1, 2] as [Float]), to: path)
            let error = #expect(throws: DataError.self) {
                try NPYFile.write(NDArray([1, 2] as [Float]).cast(to: .bf16), to: path)
            }
            #expect(error?.code == .unsupported && error?.path == path)
            #expect(try NPYFile.read(path).scalars(as: Float.self) == [1, 2])
        }
    }

    /// Whatever is in a file, reading ends with an array as large as the file or a `DataError`.
    @Test func damagedFilesGiveTypedErrors() throws {
        let originals = [
            Samples.float32, Samples.fortranInt16, Samples.bigEndianFloat64, Samples.bool,
            Samples.fortranUInt64, Samples.scalarFloat16, Samples.emptyInt64,
        ]
        var (accepted, refused) = (0, 0)
        try withPath { path in
            let file = open(path, O_WRONLY | O_CREAT, 0o600)
            try #require(file >= 0)
            defer { close(file) }
            Seeds.repeated(5_000) { generator in
                var bytes = generator.pick(originals)
                for _ in 0...generator.int(0...2) { damage(&bytes, &generator) }
                // Not emptied first, which some file systems answer by waiting for the disk.
                try #require(pwrite(file, bytes, bytes.count, 0) == bytes.count)
                try #require(ftruncate(file, off_t(bytes.count)) == 0)
                let array: NDArray
                do throws(DataError) {
                    array = try NPYFile.read(path)
                    accepted += 1
                } catch {
                    #expect(error.path == path)
                    refused += 1
                    return
                }
                #expect(try contents(array).count < bytes.count)
            }
        }
        // Damage to data or to padding is not always seen; damage to the rest mostly is. A repetition
        // that was asked for alone is one or the other.
        #expect(accepted + refused == 1 || accepted > 0 && refused > 0)
    }

    private func damage(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
        guard !bytes.isEmpty else { return bytes.append(0) }
        // Most of the damage goes to what is before the padding.
        let reach = min(bytes.count, generator.oneIn(4) ? bytes.count : 72)
        let place = generator.int(0...(reach - 1))
        switch generator.int(0...5) {
        case 0: bytes[place] ^= 1 << UInt8(generator.int(0...7))
        case 1: bytes.removeSubrange(place...)
        case 2:
            let count = generator.int(1...9)
            bytes.insert(
                contentsOf: (0..<count).map { _ in UInt8(generator.int(0...255)) }, at: place)
        case 3: bytes.removeSubrange(place..<min(bytes.count, place + generator.int(1...9)))
        case 4: bytes[place] = generator.pick(Array("0123456789-{}()[]',:\" <>|=LTF".utf8))
        default: replaceNumber(in: &bytes, from: place, &generator)
        }
    }

    /// Puts another number in the place of the next one, and takes away padding for it where there is
    /// some, so that the length of the header stays right.
    private func replaceNumber(
        in bytes: inout [UInt8], from place: Int, _ generator: inout SeededGenerator
    ) {
        let isDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) }
        guard let start = bytes[place...].firstIndex(where: isDigit) else { return }
        let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.count
        let number = generator.pick([
            "0", "1", "9", "255", "4294967295", "4294967296", "9223372036854775807", "-1",
            "99999999999999999999", "1e9", "6, 1", "\(generator.int(0...1000))",
        ])
        let added = number.utf8.count - (end - start)
        if added > 0, end < 80, bytes.count > 100 + added {
            bytes.removeSubrange(100..<(100 + added))
        }
        bytes.replaceSubrange(start..<end, with: number.utf8)
    }
}
