import Braid
import BraidPlatform
import Foundation
import Testing

struct SerializationSafetensorsTests {
    private typealias Support = SerializationSupport

    private static let types: [(String, TensorType)] = [
        ("0.weight", TensorType(.f32, [20, 1, 3, 3])), ("0.bias", TensorType(.f32, [20])),
        ("1.weight", TensorType(.f32, [500, 200])), ("ids", TensorType(.i64, [3])),
        ("mask", TensorType(.bool, [7])), ("half", TensorType(.bf16, [5, 2])),
        ("none", TensorType(.f64, [4, 0])), ("scalar", TensorType(.f64, [])),
        ("größe \"q\"", TensorType(.u8, [1])),
    ]

    private func write(
        _ tensors: [(String, TensorType)], metadata: [(String, String)] = [], to url: URL
    ) throws {
        try SafetensorsWriter.write(
            to: url.path, metadata: metadata,
            tensors: tensors.map { Support.tensor($0.0, $0.1) })
    }

    @Test func whatIsWrittenIsReadBack() throws {
        try Support.withFolder { folder in
            let url = folder.appending(path: "m.safetensors")
            try write(
                Self.types, metadata: [("model", "lenet"), ("braid.format_version", "1")], to: url)
            let file = try SafetensorsFile(path: url.path)
            #expect(file.metadata.map(\.0) == ["braid.format_version", "model"])
            #expect(file.metadata.map(\.1) == ["1", "lenet"])
            #expect(Set(file.entries.map(\.name)) == Set(Self.types.map(\.0)))
            for (name, type) in Self.types {
                #expect(file.entry(name)?.type == type)
                #expect(try file.bytes(of: name) == Support.bytes(of: name, type), "\(name)")
            }
            #expect(throws: ModelFileError.self) { try file.bytes(of: "other") }
            var small = [UInt8](repeating: 0, count: 79)
            #expect(throws: ModelFileError.self) {
                try small.withUnsafeMutableBytes { try file.read("0.bias", into: $0) }
            }
        }
    }

    @Test func theBytesDependOnTheContentAlone() throws {
        try Support.withFolder { folder in
            let (a, b) = (folder.appending(path: "a"), folder.appending(path: "b"))
            try write(Self.types, metadata: [("x", "1"), ("a", "2")], to: a)
            try write(Self.types.reversed(), metadata: [("a", "2"), ("x", "1")], to: b)
            let bytes = try Data(contentsOf: a)
            #expect(try Data(contentsOf: b) == bytes)
            let length = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
            #expect((8 + length) % 64 == 0)
            let header = try JSONParser.parse(Array(bytes[8..<(8 + length)]))
            guard case .object(let fields) = header else {
                Issue.record("the header is \(header.kind)")
                return
            }
            let keys = fields.map { Array($0.0.utf8) }
            #expect(keys == keys.sorted { $0.lexicographicallyPrecedes($1) })
        }
    }

    @Test func tensorsAreAlignedAsFarAsSizesAllow() throws {
        try Support.withFolder { folder in
            let url = folder.appending(path: "m")
            // A small LeNet: sizes of 720, 80, 36000, 200, 400000, 2000, 20000 and 40 bytes.
            let shapes: [Shape] = [
                [20, 1, 3, 3], [20], [50, 20, 3, 3], [50], [500, 200], [500], [10, 500], [10],
            ]
            let tensors = shapes.enumerated().map { ("\($0)", TensorType(.f32, $1)) }
            try write(tensors + [("wide", TensorType(.f64, [3]))], to: url)
            let file = try SafetensorsFile(path: url.path)
            for entry in file.entries {
                #expect(entry.dataOffset % entry.type.dtype.size == 0, "\(entry.name)")
            }
            let aligned = file.entries.filter { $0.dataOffset % 64 == 0 }
            #expect(aligned.count >= 4)
            let bytes = aligned.reduce(0) { $0 + $1.type.byteCount }
            #expect(bytes * 10 >= file.entries.reduce(0) { $0 + $1.type.byteCount } * 9)
        }
    }

    @Test func aFileOfTheFormatsOwnIsRead() throws {
        try Support.withFolder { folder in
            let url = folder.appending(path: "m")
            let header =
                #"{"b":{"dtype":"F32","shape":[2],"data_offsets":[2,10],"more":0},"#
                + #""__metadata__":{"k":"v"},"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}  "#
            try Data(Support.file(header, data: Array(0..<10))).write(to: url)
            let file = try SafetensorsFile(path: url.path)
            #expect(file.entries.map(\.name) == ["b", "a"])
            #expect(try file.bytes(of: "a") == [0, 1])
            #expect(try file.bytes(of: "b") == Array(2..<10))
            try Data(Support.file("{}")).write(to: url)
            #expect(try SafetensorsFile(path: url.path).entries.isEmpty)
        }
    }

    /// A dtype or a rank that Braid lacks closes the file to nobody who asks for other tensors.
    @Test(arguments: [
        (
            #"{"e":{"dtype":"F8_E4M3","shape":[0],"data_offsets":[0,0]},"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}"#,
            16, "e", "F8_E4M3[0]"
        ),
        (
            #"{"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"q":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[16,20]}}"#,
            20, "q", "F8_E4M3[4]"
        ),
        (
            #"{"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"q":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[16,17]}}"#,
            17, "q", "U8[1, 1, 1, 1, 1, 1, 1, 1, 1]"
        ),
        (
            #"{"q\u001b":{"dtype":"\u001b[2J","shape":[99999999999],"data_offsets":[0,1]},"w":{"dtype":"F32","shape":[2,2],"data_offsets":[1,17]}}"#,
            17, "q\u{1B}", "\\u{1B}[2J[99999999999]"
        ),
    ])
    func othersTypesAreListed(header: String, count: Int, name: String, type: String) throws {
        let bytes = Support.file(header, data: Array(repeating: 0, count: count))
        let file = try SafetensorsFile(bytes: bytes, path: "others")
        #expect(file.entries.map(\.name) == ["w"])
        #expect(try file.bytes(of: "w") == [UInt8](repeating: 0, count: 16))
        #expect(file.unsupported.map(\.name) == [name])
        #expect(file.unsupported.map(\.type) == [type])
        let error = #expect(throws: ModelFileError.self) { try NDArray(name, of: file) }
        #expect(error?.code == .unsupportedType)
        #expect(error?.message.contains(type) == true)
        #expect(error?.message.contains("\u{1B}") == false)
        let model = #expect(throws: ModelFileError.self) { try Model(file) }
        #expect(model?.code == .invalidMetadata)
    }

    /// Sparse and lying files, and a budget that is smaller than the file.
    @Test func sizesAreAskedForFirst() throws {
        try Support.withFolder { folder in
            let url = folder.appending(path: "sparse")
            let count = 1 << 40
            func sparse(_ start: [UInt8]) throws -> String {
                try Data(start).write(to: url)
                let handle = try FileHandle(forWritingTo: url)
                try handle.truncate(atOffset: UInt64(start.count + count))
                try handle.close()
                return url.path
            }
            #expect(throws: ModelFileError.self) { try SafetensorsFile(path: sparse([])) }
            let lying = (0..<8).map { UInt8(truncatingIfNeeded: 99_999_999 >> (8 * $0)) }
            #expect(throws: ModelFileError.self) { try SafetensorsFile(path: sparse(lying)) }
            let header =
                #"{"a":{"dtype":"U8","shape":[1048576,1048576],"data_offsets":[0,\#(count)]}}"#
            let whole = try SafetensorsFile(path: sparse(Support.file(header)))
            let start = ContinuousClock.now
            let error = #expect(throws: ModelFileError.self) { try NDArray("a", of: whole) }
            #expect(error?.code == .tooLarge)
            #expect(ContinuousClock.now - start < .seconds(5))

            let small = folder.appending(path: "small")
            try write(
                [("a", TensorType(.f32, [10_000])), ("b", TensorType(.f32, [10_000]))], to: small)
            try MemoryBudget.limited(to: 200_000) {
                let file = try SafetensorsFile(path: small.path)
                let arrays = try ["a", "b"].map { try NDArray($0, of: file) }
                #expect(arrays.count == 2)
            }
            try MemoryBudget.limited(to: 79_999) {
                let file = try SafetensorsFile(path: small.path)
                let first = try NDArray("a", of: file)
                let error = #expect(throws: ModelFileError.self) { try NDArray("b", of: file) }
                #expect(error?.code == .tooLarge)
                for part in ["'b'", "40000 bytes of memory are wanted", "of 79999"] {
                    #expect(error?.message.contains(part) == true, "\(error!)")
                }
                withExtendedLifetime(first) {}
            }
            MemoryBudget.limited(to: 1000) {
                let error = #expect(throws: ModelFileError.self) {
                    try SafetensorsFile(path: small.path)
                }
                #expect(error?.code == .tooLarge)
            }
        }
    }

    /// Header, bytes of data, a part of the message, code.
    private static let faults: [(String, Int, String, ModelFileError.Code)] = [
        ("", 0, "byte 0", .malformed), ("[]", 0, "an array", .malformed),
        (#"{"a":1}"#, 0, "'a' has no dtype", .malformed),
        (#"{"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}"#, 2, "2 bytes", .malformed),
        (
            #"{"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#,
            2, "overlaps", .malformed
        ),
        (#"{"a":{"dtype":"F32","data_offsets":[0,4]}}"#, 4, "no shape", .malformed),
        (#"{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}"#, 4, "no shape", .malformed),
        (#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4, "[-1]", .unsupportedType),
        (
            #"{"a":{"dtype":"F64","shape":[4294967295,1073741823],"data_offsets":[0,8]}}"#, 8,
            "more than", .malformed
        ),
        (#"{"a":{"dtype":"F32","shape":[1]}}"#, 4, "data_offsets", .malformed),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#, 4, "data_offsets", .malformed),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, 4, "[4, 0]", .malformed),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}"#, 4, "[-4, 0]", .malformed),
        (
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4, "f32[2] needs 8",
            .malformed
        ),
        (
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 4, "ends at byte 8",
            .malformed
        ),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8, "gap", .malformed),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 5, "5 bytes", .malformed),
        (
            #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#,
            3, "'b' overlaps", .malformed
        ),
        (
            #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#,
            1, "'a' occurs twice", .invalidName
        ),
        (
            #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[9223372036854775806,9223372036854775807]}}"#,
            1, "gap", .malformed
        ),
        (#"{"__metadata__":[]}"#, 0, "__metadata__", .malformed),
        (#"{"__metadata__":{"a":1}}"#, 0, "'a'", .malformed),
    ]

    @Test(arguments: faults.indices)
    func faultsAreNamed(index: Int) throws {
        let (header, count, part, code) = Self.faults[index]
        try Support.withFolder { folder in
            let url = folder.appending(path: "broken")
            try Data(Support.file(header, data: Array(repeating: 0, count: count))).write(to: url)
            let error = #expect(throws: ModelFileError.self) {
                try SafetensorsFile(path: url.path)
            }
            #expect(error?.code == code, "\(header): \(String(describing: error))")
            #expect(error?.path == url.path)
            #expect(
                error?.message.contains(part) == true, "\(header): \(String(describing: error))")
        }
    }

    @Test func filesThatAreNoneAreNamed() throws {
        try Support.withFolder { folder in
            let url = folder.appending(path: "x")
            for bytes: [UInt8] in [[], [1, 2, 3], Array(repeating: 0xFF, count: 100)] {
                try Data(bytes).write(to: url)
                let error = #expect(throws: ModelFileError.self) {
                    try SafetensorsFile(path: url.path)
                }
                #expect(error?.code == .malformed)
            }
            let missing = folder.appending(path: "missing").path
            for path in [missing, folder.path, "/dev/zero", ""] {
                let error = #expect(throws: ModelFileError.self) { try SafetensorsFile(path: path) }
                #expect(error?.code == .unreadable)
                #expect(error?.path == path)
            }
        }
    }

    @Test func aFileThatShrinksIsNoticed() throws {
        try Support.withFolder { folder in
            let url = folder.appending(path: "m")
            try write(Self.types, to: url)
            let file = try SafetensorsFile(path: url.path)
            truncate(url.path, 2000)
            let error = #expect(throws: ModelFileError.self) { try file.bytes(of: "0.bias") }
            #expect(error?.code == .unreadable)
        }
    }

    @Test func namesAreChecked() throws {
        try Support.withFolder { folder in
            let url = folder.appending(path: "m")
            let one = TensorType(.u8, [1])
            let bad: [[(String, TensorType)]] = [
                [("a", one), ("a", one)], [("__metadata__", one)],
            ]
            for tensors in bad {
                let error = #expect(throws: ModelFileError.self) { try write(tensors, to: url) }
                #expect(error?.code == .invalidName)
            }
            #expect(throws: ModelFileError.self) {
                try write([("a", one)], metadata: [("k", "1"), ("k", "2")], to: url)
            }
            let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(left.isEmpty)
        }
    }
}
