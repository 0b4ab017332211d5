import Foundation

extension String {
    /// Whether both paths lead to the same place.
    func isSameFile(as other: String) -> Bool {
        func place(_ path: String) -> String {
            URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL.path
        }
        return place(self) == place(other)
    }
}
