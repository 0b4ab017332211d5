import Foundation

/// Calls `body` with the path of a file that there is not yet, and removes it afterwards.
func withTemporaryFile<Result>(_ body: (String) throws -> Result) rethrows -> Result {
    let path = FileManager.default.temporaryDirectory.appending(
        path: "braid-\(UUID().uuidString)"
    ).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
}
