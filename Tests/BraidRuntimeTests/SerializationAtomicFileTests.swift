import Braid
import BraidPlatform
import BraidRuntime
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
                "", "/", "\(folder.path)/", folder.path,
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

    /// As with a shell's `>`, a link to nothing makes what it names; the link stays a link.
    @Test func linksToNothingAndInCircles() throws {
        try Support.withFolder { folder in
            func link(_ name: String, _ target: String) throws -> String {
                let path = folder.appending(path: name).path
                try FileManager.default.createSymbolicLink(
                    atPath: path, withDestinationPath: target)
                return path
            }
            let first = try link("first", "second")
            _ = try link("second", "sub/target")
            #expect(throws: ModelFileError.self) { try AtomicFile.checkWritable(first) }
            try FileManager.default.createDirectory(
                at: folder.appending(path: "sub"), withIntermediateDirectories: false)
            try write("new", to: first)
            let target = folder.appending(path: "sub/target")
            #expect(try String(contentsOf: target, encoding: .utf8) == "new")
            for (name, destination) in [("first", "second"), ("second", "sub/target")] {
                let path = folder.appending(path: name).path
                #expect(
                    try FileManager.default.destinationOfSymbolicLink(atPath: path) == destination)
            }
            let circle = try link("circle", "circle")
            let error = #expect(throws: ModelFileError.self) { try write("x", to: circle) }
            #expect(error?.code == .unwritable)
            let toFolder = try link("folder", "sub")
            #expect(throws: ModelFileError.self) { try AtomicFile.checkWritable(toFolder) }
            #expect(try names(folder) == ["circle", "first", "folder", "second", "sub"])
        }
    }

    /// A name of other bytes than text would be repaired, and another file written.
    @Test func linksToNamesThatAreNoText() throws {
        try Support.withFolder { folder in
            let link = folder.appending(path: "link").path
            let name: [CChar] = [-1, 0x61, 0]
            try #require(symlink(name, link) == 0)
            let error = #expect(throws: ModelFileError.self) { try write("x", to: link) }
            #expect(error?.code == .unwritable)
            #expect(error?.message.contains("no UTF-8 text") == true, "\(error!)")
            #expect(try names(folder) == ["link"])
        }
    }

    /// Where there are no locks nobody knows whether a file is being written.
    @Test func locks() throws {
        try Support.withFolder { folder in
            let path = folder.appending(path: "a").path
            try Data().write(to: URL(fileURLWithPath: path))
            let first = try FileDescriptor(opening: path, O_RDWR)
            let second = try FileDescriptor(opening: path, O_RDWR)
            let locks = [first.tryLock(), second.tryLock(), first.tryLock()]
            #expect(locks == [.taken, .held, .taken])
            #if os(Linux)
                // O_PATH: a place, which has no locks.
                let lock = try FileDescriptor(opening: path, 0o10000000).tryLock()
                #expect(lock == .unknown)
            #endif
        }
    }

    /// Devices and pipes get the bytes as they come, and stay what they are.
    @Test func devicesAndPipesAreStreams() throws {
        try AtomicFile.checkWritable("/dev/null")
        try write("gone", to: "/dev/null")
        #expect(FilePlace.isStream("/dev/null") && FilePlace.isStream("-"))
        if FileManager.default.fileExists(atPath: "/dev/full") {
            let error = #expect(throws: ModelFileError.self) { try write("x", to: "/dev/full") }
            #expect(error?.code == .unwritable)
        }
        try Support.withFolder { folder in
            let pipe = folder.appending(path: "pipe").path
            let link = folder.appending(path: "link").path
            #expect(mkfifo(pipe, 0o600) == 0)
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "pipe")
            let text = String(repeating: "0123456789", count: 30_000)
            let reader = Thread {
                let file = try? InputFile(path: pipe)
                let bytes = (try? file?.bytes(at: 0, count: 300_000)) ?? []
                try? Data(bytes).write(to: folder.appending(path: "copy"))
            }
            reader.start()
            try write(text, to: link)
            let end = Date(timeIntervalSinceNow: 20)
            while !reader.isFinished, Date() < end { Thread.sleep(forTimeInterval: 0.005) }
            let copy = try String(contentsOf: folder.appending(path: "copy"), encoding: .utf8)
            #expect(copy == text)
            #expect(try names(folder) == ["copy", "link", "pipe"])
            var status = stat()
            #expect(lstat(pipe, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
        }
    }

    /// What this process has open is written to, whatever it is; a file is not replaced under it.
    @Test func ownDescriptors() throws {
        try Support.withFolder { folder in
            let log = folder.appending(path: "log")
            try Data("before ".utf8).write(to: log)
            let descriptor = open(log.path, O_WRONLY | O_APPEND)
            defer { close(descriptor) }
            for path in ["/dev/fd/\(descriptor)", "/proc/self/fd/\(descriptor)"] {
                #expect(FilePlace.isStream(path))
                try AtomicFile.checkWritable(path)
                try write("x", to: path)
            }
            #expect(try String(contentsOf: log, encoding: .utf8) == "before xx")
            #expect(try names(folder) == ["log"])
            #expect(throws: ModelFileError.self) { try AtomicFile.checkWritable("/dev/fd/9999") }
            let reading = open(log.path, O_RDONLY)
            defer { close(reading) }
            #expect(throws: ModelFileError.self) {
                try AtomicFile.checkWritable("/dev/fd/\(reading)")
            }
            #expect(FilePlace.isStandardOutput("-") && FilePlace.isStandardOutput("/dev/stdout"))
            #expect(!FilePlace.isStandardOutput(log.path))
        }
    }

    @Test func permissionsAreKept() throws {
        try Support.withFolder { folder in
            let path = folder.appending(path: "a").path
            func mode() -> mode_t {
                var status = stat()
                return lstat(path, &status) == 0 ? status.st_mode & 0o777 : 0
            }
            let mask = umask(0o027)
            defer { umask(mask) }
            try write("one", to: path)
            #expect(mode() == 0o640)
            for kept in [0o600, 0o644, 0o400, 0o755] as [mode_t] {
                #expect(chmod(path, kept) == 0)
                try write("two", to: path)
                #expect(mode() == kept)
            }
        }
    }

    /// What writers left behind that were killed goes with the next one; what is being written stays.
    @Test func abandonedTemporaryFilesAreRemoved() throws {
        try Support.withFolder { folder in
            let path = folder.appending(path: "a").path
            for number in [0, 1, 7] {
                try Data("half".utf8).write(to: folder.appending(path: ".a.braid-\(number).tmp"))
            }
            try Data("other".utf8).write(to: folder.appending(path: ".b.braid-0.tmp"))
            do {
                let running = try AtomicFile(path: path)
                try write("done", to: path)
                #expect(
                    try names(folder).filter { $0 != "a" } == [".a.braid-0.tmp", ".b.braid-0.tmp"])
                try Array("later".utf8).withUnsafeBytes { try running.write($0) }
                try running.commit()
            }
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "later")
            #expect(try names(folder) == [".b.braid-0.tmp", "a"])
            let long = folder.appending(path: String(repeating: "x", count: 255)).path
            try write("long", to: long)
            #expect(try names(folder).count == 3)
        }
    }

    /// With no descriptor left for the folder, or a folder that cannot be read, the file is there all
    /// the same.
    @Test func foldersThatCannotBeSynchronized() throws {
        try Support.withFolder { folder in
            let hidden = folder.appending(path: "hidden")
            try FileManager.default.createDirectory(at: hidden, withIntermediateDirectories: false)
            #expect(chmod(hidden.path, 0o300) == 0)
            defer { chmod(hidden.path, 0o700) }
            try write("x", to: hidden.appending(path: "a").path)
        }
    }

    @Test func manyWritersOfOneFileLeaveOneWholeFile() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "braid-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "a").path
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<60 {
                group.addTask {
                    for _ in 0..<3 {
                        try write(String(repeating: "\(writer % 10)", count: 10_000), to: path)
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
