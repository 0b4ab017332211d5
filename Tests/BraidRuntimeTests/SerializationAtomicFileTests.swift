import Braid
import Foundation
import Testing

struct SerializationAtomicFileTests {
    private typealias Support = SerializationSupport
    private struct Failure: Error {}

    private func names(_ folder: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    }

    private func write(_ text: String, to path: String) throws {
        let file = try AtomicFile(path: path)
        try Array(text.utf8).withUnsafeBytes { try file.write($0) }
        try file.commit()
    }

    @Test func theNewFileTakesTheOldOnesPlace() throws {
        try Support.withFolder { folder in
            let url = folder.appending(path: "a")
            try write("one", to: url.path)
            try write("two!", to: url.path)
            #expect(try String(contentsOf: url, encoding: .utf8) == "two!")
            #expect(try names(folder) == ["a"])
        }
    }

    @Test func nothingStaysBehindWithoutCommit() throws {
        try Support.withFolder { folder in
            let url = folder.appending(path: "a")
            try write("old", to: url.path)
            do {
                let file = try AtomicFile(path: url.path)
                try Array("new".utf8).withUnsafeBytes { try file.write($0) }
                #expect(try names(folder).count == 2)
                #expect(try String(contentsOf: url, encoding: .utf8) == "old")
            }
            #expect(try names(folder) == ["a"])
            let broken = SafetensorsWriter.Tensor(name: "t", type: TensorType(.u8, [4])) { write in
                try [UInt8](repeating: 1, count: 2).withUnsafeBytes { try write($0) }
                throw Failure()
            }
            #expect(throws: Failure.self) {
                try SafetensorsWriter.write(to: url.path, metadata: [], tensors: [broken])
            }
            #expect(try names(folder) == ["a"])
            #expect(try String(contentsOf: url, encoding: .utf8) == "old")
        }
    }

    @Test func placesThatAreNoneAreNamed() throws {
        try Support.withFolder { folder in
            let file = folder.appending(path: "file")
            try Data().write(to: file)
            for path in [
                "", "/", "\(folder.path)/", folder.path, "/dev/null",
                folder.appending(path: "missing/a").path, file.appending(path: "a").path,
                folder.appending(path: String(repeating: "x", count: 300)).path,
            ] {
                let error = #expect(throws: ModelFileError.self, "\(path)") {
                    try AtomicFile.checkWritable(path)
                }
                #expect(error?.code == .unwritable)
                #expect(error?.path == path)
            }
            try AtomicFile.checkWritable(file.path)
            try AtomicFile.checkWritable(folder.appending(path: "new").path)
            #expect(try names(folder) == ["file"])
        }
    }

    @Test func linksAreFollowed() throws {
        try Support.withFolder { folder in
            let (link, target) = (folder.appending(path: "link"), folder.appending(path: "target"))
            try write("old", to: target.path)
            try FileManager.default.createSymbolicLink(
                atPath: link.path, withDestinationPath: "target")
            try write("new", to: link.path)
            #expect(try String(contentsOf: target, encoding: .utf8) == "new")
            #expect(
                try FileManager.default.destinationOfSymbolicLink(atPath: link.path) == "target")
        }
    }

    @Test func manyWritersOfOneFileLeaveOneWholeFile() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "braid-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "a").path
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    for _ in 0..<5 {
                        try write(String(repeating: "\(writer)", count: 10_000), to: path)
                    }
                }
            }
            try await group.waitForAll()
        }
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.count == 10_000 && Set(text).count == 1)
        #expect(try names(folder) == ["a"])
    }
}
