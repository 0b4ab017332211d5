import Braid
import Foundation

/// A recording of when and where each job ran.
enum Profile {
    /// Starts to record, if a file can be written at the end.
    /// - Throws: `ModelFileError` naming the path.
    static func start(writingTo path: String) throws {
        try ParameterFile.checkWritable(path)
        Runtime.engine.startRecording()
    }

    /// Ends the recording and writes it.
    /// - Throws: `DataError` when the file cannot be written.
    static func stop(writingTo path: String) throws {
        let text = JobRecord.chromeTrace(of: Runtime.engine.stopRecording())
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw DataError(
                .unwritable, path: path, "cannot be written: \(error.localizedDescription)")
        }
    }
}
