public import Foundation

/// An executable of this package, run as a user would.
public struct BuiltProgram: Sendable {
    /// What a run came to.
    public struct Outcome: Sendable {
        /// The exit status.
        public let status: Int32
        /// Standard output.
        public let output: String
        /// Standard error.
        public let errors: String

        /// The lines of the output, without empty ones.
        public var lines: [Substring] { output.split(separator: "\n") }
    }

    /// The executable.
    public let url: URL

    /// The executable of that name, next to the test bundle.
    public init(_ name: String) {
        // Programs inherit which signals are ignored; tests under `nohup` send them this one, too.
        signal(SIGHUP, SIG_DFL)
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        while !FileManager.default.isExecutableFile(atPath: folder.appending(path: name).path) {
            precondition(
                folder.path != "/", "no executable \(name) above \(CommandLine.arguments[0])")
            folder.deleteLastPathComponent()
        }
        url = folder.appending(path: name)
    }

    /// An executable at a place of its own.
    public init(at url: URL) { self.url = url }

    /// Runs the program to its end.
    public func callAsFunction(
        _ arguments: [String], environment: [String: String] = [:], in folder: URL? = nil
    ) throws -> Outcome {
        let process = Process()
        process.executableURL = url
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        if let folder { process.currentDirectoryURL = folder }
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let outputData = output.fileHandleForReading.readDataToEndOfFile()
        let errorData = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus, output: String(decoding: outputData, as: UTF8.self),
            errors: String(decoding: errorData, as: UTF8.self))
    }
}

/// Hands out an empty folder, which is gone afterwards.
public func withTemporaryFolder<R>(_ body: (URL) throws -> R) throws -> R {
    let folder = FileManager.default.temporaryDirectory.appending(
        path: "braid-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
}
