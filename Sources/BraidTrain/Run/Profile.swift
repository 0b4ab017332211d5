import Braid
import BraidCommandLine

/// A recording of when and where each job ran.
enum Profile {
    /// Starts to record, if a file can be written at the end.
    /// - Throws: `ModelFileError` naming the path.
    static func start(writingTo path: String) throws {
        try AtomicFile.checkWritable(path)
        Console.leaveStandardOutput(to: [path])
        Runtime.engine.startRecording()
    }

    /// Ends the recording and writes it; the file appears whole or not at all.
    /// - Throws: `ModelFileError` naming the path.
    static func stop(writingTo path: String) throws {
        var text = JobRecord.chromeTrace(of: Runtime.engine.stopRecording())
        try Interrupt.keptOff(writing: [path]) {
            let file = try AtomicFile(path: path)
            try text.withUTF8 { try file.write(UnsafeRawBufferPointer($0)) }
            try file.commit()
        }
    }
}
