import BraidFormats
import BraidPlatform

extension DigitsFile {
    private static let fileName = "digits.bin"
    static let directoryVariable = "BRAID_DATA_DIRECTORY"

    /// Reads the bundled file, whatever the working folder is.
    ///
    /// It is looked for in the folder that the environment variable `BRAID_DATA_DIRECTORY` names and
    /// nowhere else; without the variable in the resource bundle that the package manager puts next
    /// to the executable. (The manager's own `Bundle.module` stops the process when there is none.)
    /// - Throws: `DataError` naming the path and what to do.
    static func bundled() throws(DataError) -> DigitsFile {
        if let directory = Environment[directoryVariable] {
            return try DigitsFile(path: "\(directory)/\(fileName)")
        }
        let folder = Executable.folder ?? "."
        let candidates = [
            "\(folder)/Braid_BraidData.resources/digits/\(fileName)",
            "\(folder)/Braid_BraidData.bundle/digits/\(fileName)",
            "\(folder)/Braid_BraidData.bundle/Contents/Resources/digits/\(fileName)",
            "\(folder)/../Resources/Braid_BraidData.bundle/digits/\(fileName)",
        ]
        let found = candidates.first(where: FolderListing.hasEntry)
        return try DigitsFile(path: found ?? candidates[0])
    }
}
