import Braid
import BraidPlatform
import Foundation

extension String {
    /// Whether what is written to either path ends up in one file, of which one would be lost, or both on
    /// standard output. Other streams and devices are written to one after the other.
    package func isSameFile(as other: String) -> Bool {
        if FilePlace.isStream(self) || FilePlace.isStream(other) {
            return FilePlace.isStandardOutput(self) && FilePlace.isStandardOutput(other)
        }
        func place(_ path: String) -> String {
            URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL.path
        }
        return place(self) == place(other)
    }

    /// Whether a file that is written to this path would replace the one that is read from another, where
    /// `-` is standard input.
    package func replaces(_ input: String) -> Bool {
        !FilePlace.isStream(self) && isSameFile(as: input)
    }
}
