import BraidCore
public import BraidRuntime

/// Named arrays in NumPy's `.npz` files, which are zip archives of `.npy` files.
///
/// ```swift
/// let weights = try NPZFile.read("weights.npz")["dense.weight"]
/// ```
public enum NPZFile {
    /// Reads all arrays, as `numpy.savez` and `numpy.savez_compressed` write them, by their names.
    ///
    /// No more memory is taken than the archive says, and it cannot say more than its length allows.
    /// - Throws: `DataError`: `.missing` or `.unreadable` when the file cannot be read, `.malformed`
    ///   when it or an array in it breaks its format, `.unsupported` for an archive that is encrypted
    ///   or compressed in another way, and for arrays that `NPYFile` does not read.
    public static func read(_ path: String) throws(DataError) -> [String: NDArray] {
        let file: [UInt8]
        do throws(SystemError) {
            let descriptor = try FileDescriptor.reading(path)
            file = try descriptor.bytes(at: 0, count: descriptor.byteCount())
        } catch {
            throw DataError(
                error.isMissingFile ? .missing : .unreadable, path: path,
                "cannot be read: \(error); expected an .npz file")
        }
        return try read(file, path: path)
    }

    /// Reads all arrays of an archive.
    package static func read(
        _ file: [UInt8], path: String
    ) throws(DataError) -> [String: NDArray] {
        var arrays: [String: NDArray] = [:]
        for entry in try ZipArchive(file, path: path).entries {
            let suffix = ".npy"
            let name =
                entry.name.hasSuffix(suffix)
                ? String(entry.name.dropLast(suffix.count)) : entry.name
            guard arrays[name] == nil else {
                throw DataError(.malformed, path: path, "has two arrays named '\(name)'")
            }
            arrays[name] = try NPYFile.read(
                from: try entry.content(of: file, path: path), path: "\(path)/\(entry.name)")
        }
        return arrays
    }

    /// Writes arrays under their names, for `numpy.load`: an archive without compression, in the
    /// names' order. The file appears whole or not at all.
    /// - Throws: `DataError`: `.unsupported` for dtype `bf16` and for more than 4 GiB in one file,
    ///   `.unwritable` when the file cannot be written; `EngineError` when the elements cannot be
    ///   computed.
    public static func write(_ arrays: [String: NDArray], to path: String) throws {
        var archive = ZipWriter(path: path)
        for (name, array) in arrays.sorted(by: { $0.key < $1.key }) {
            try archive.append("\(name).npy", NPYFile.encoded(array, path: path))
        }
        let bytes = archive.finish()
        do {
            let file = try AtomicFile(path: path)
            try bytes.withUnsafeBytes { try file.write($0) }
            try file.commit()
        } catch let error as ModelFileError {
            throw DataError(.unwritable, path: path, error.message)
        }
    }
}
