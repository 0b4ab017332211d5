import Braid
import Foundation

extension String {
    /// Whether what is written to either path ends up at one place.
    package func isSameFile(as other: String) -> Bool {
        func place(_ path: String) -> String {
            URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL.path
        }
        return place(self) == place(other)
            || FilePlace.isStandardOutput(self) && FilePlace.isStandardOutput(other)
    }
}
