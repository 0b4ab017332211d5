import BraidRuntime

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

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
        if let directory = getenv(directoryVariable).map({ String(cString: $0) }) {
            return try DigitsFile(path: "\(directory)/\(fileName)")
        }
        let folder = executableFolder() ?? "."
        let candidates = [
            "\(folder)/Braid_BraidData.resources/digits/\(fileName)",
            "\(folder)/Braid_BraidData.bundle/digits/\(fileName)",
            "\(folder)/Braid_BraidData.bundle/Contents/Resources/digits/\(fileName)",
            "\(folder)/../Resources/Braid_BraidData.bundle/digits/\(fileName)",
        ]
        let found = candidates.first { access($0, F_OK) == 0 }
        return try DigitsFile(path: found ?? candidates[0])
    }

    /// The folder of the running program, links resolved; nil when the system does not say.
    private static func executableFolder() -> String? {
        #if os(Linux)
            let link = "/proc/self/exe"
        #else
            var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
            var capacity = UInt32(buffer.count)
            guard _NSGetExecutablePath(&buffer, &capacity) == 0 else { return nil }
            let link = String(
                decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        #endif
        guard let resolved = realpath(link, nil) else { return nil }
        defer { free(resolved) }
        let path = String(cString: resolved)
        return path.lastIndex(of: "/").map { String(path[..<$0]) }
    }
}
