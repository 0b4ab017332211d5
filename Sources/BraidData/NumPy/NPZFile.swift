public import BraidCore
public import BraidFormats
import BraidOperators
import BraidPlatform
public import BraidRuntime

/// Named arrays in NumPy's `.npz` files, which are zip archives of `.npy` files.
///
/// ```swift
/// let weights = try NPZFile.read("weights.npz")["dense.weight"]
/// let bias = try NPZFile(path: "weights.npz").array("dense.bias")
/// ```
/// What else lies in an archive (a text, a folder, an array that Braid has no dtype for) closes it to
/// nobody: `entries()` lists it.
public struct NPZFile: Sendable {
    /// Something in an archive.
    public struct Entry: Hashable, Sendable {
        /// An array's name, without `.npy`; the whole name of what is none.
        public let name: String
        /// Dtype and shape of the array; nil when it cannot be read.
        public let type: TensorType?
        /// Why it cannot be read; nil when it can.
        public let obstacle: String?
    }

    private final class Archive: Sendable {
        let file: InputFile
        init(_ file: consuming InputFile) { self.file = file }
    }

    /// The names of the arrays, in the archive's order.
    public let names: [String]
    private let path: String
    private let archive: Archive
    private let files: [ZipArchive.Entry]
    private let positions: [String: Int]

    private static let suffix = ".npy"

    /// Opens an archive and reads its directory; arrays are read when they are asked for.
    /// - Throws: `DataError`: `.missing` or `.unreadable` when the file cannot be read, `.malformed`
    ///   when it is no archive, or two of its arrays have the same name.
    public init(path: String) throws(DataError) {
        let file: InputFile
        do throws(SystemError) {
            file = try InputFile(path: path, accepts: ZipArchive.canBegin)
        } catch {
            throw DataError(error, path: path, expected: "an .npz file")
        }
        try self.init(file, path: path)
    }

    private init(_ file: consuming InputFile, path: String) throws(DataError) {
        files = try ZipArchive(file, path: path).entries
        var names: [String] = []
        var positions: [String: Int] = [:]
        for (position, file) in files.enumerated() where file.name.hasSuffix(Self.suffix) {
            let name = String(file.name.dropLast(Self.suffix.count))
            guard positions.updateValue(position, forKey: name) == nil else {
                throw DataError(
                    .malformed, path: path, "has two arrays named '\(name.printable)'")
            }
            names.append(name)
        }
        self.names = names
        self.positions = positions
        self.path = path
        archive = Archive(file)
    }

    /// The array of a name.
    /// - Throws: `DataError`: `.missing` naming those that there are, `.malformed` when it breaks its
    ///   format, `.unsupported` when it is encrypted or compressed in another way, or `NPYFile` does not
    ///   read it, `.tooLarge` when there is no memory for it.
    public func array(_ name: String) throws(DataError) -> NDArray {
        guard let position = positions[name] else {
            let known = names.prefix(20).map { "'\($0.printable)'" }.joined(separator: ", ")
            throw DataError(
                .missing, path: path,
                "has no array '\(name.printable)'; it has \(known.isEmpty ? "none" : known)"
                    + (names.count > 20 ? " and \(names.count - 20) more" : ""))
        }
        let file = files[position]
        return try NPYFile.read(
            from: InputFile(try file.content(of: archive.file, path: path)),
            path: "\(path)/\(file.name)")
    }

    /// All that lies in the archive, arrays and others.
    /// - Throws: `DataError` when the file cannot be read any more.
    public func entries() throws(DataError) -> [Entry] {
        var entries: [Entry] = []
        for file in files {
            guard file.name.hasSuffix(Self.suffix) else {
                let kind = file.name.hasSuffix("/") ? "a folder" : "no .npy file"
                entries.append(Entry(name: file.name, type: nil, obstacle: "it is \(kind)"))
                continue
            }
            let name = String(file.name.dropLast(Self.suffix.count))
            do throws(DataError) {
                entries.append(Entry(name: name, type: try type(of: file), obstacle: nil))
            } catch {
                guard error.code == .unsupported || error.code == .malformed else { throw error }
                entries.append(Entry(name: name, type: nil, obstacle: error.message))
            }
        }
        return entries
    }

    private func type(of file: ZipArchive.Entry) throws(DataError) -> TensorType {
        // Nearly all headers have 128 bytes.
        do throws(DataError) {
            return try type(of: file, in: try file.prefix(1024, of: archive.file, path: path))
        } catch {
            if error.code == .unsupported || error.code == .tooLarge { throw error }
        }
        // What is odd is read as the array would be, so that both come to the same.
        return try type(of: file, in: try file.content(of: archive.file, path: path))
    }

    private func type(
        of file: ZipArchive.Entry, in bytes: ReservedBytes
    ) throws(DataError) -> TensorType {
        let path = "\(path)/\(file.name)"
        let (header, _) = try NPYHeader.read(
            from: InputFile(bytes), fileByteCount: file.byteCount, path: path)
        let (element, shape) = try header.types(path: path)
        return TensorType(element.dtype, shape)
    }

    /// Reads all arrays, as `numpy.savez` and `numpy.savez_compressed` write them, by their names.
    ///
    /// What is no array, and arrays that Braid has no dtype or shape for, are left out: `entries()` has
    /// them. No more memory is taken than the archive says, and it cannot say more than its length
    /// allows.
    /// - Throws: `DataError`: `.missing` or `.unreadable` when the file cannot be read, `.malformed`
    ///   when it or an array in it breaks its format, `.tooLarge` when there is no memory for all arrays.
    public static func read(_ path: String) throws(DataError) -> [String: NDArray] {
        try NPZFile(path: path).arrays()
    }

    /// Reads all arrays of an archive.
    package static func read(
        _ file: [UInt8], path: String
    ) throws(DataError) -> [String: NDArray] {
        let content: InputFile
        do throws(SystemError) { content = try InputFile(copying: file) } catch {
            throw DataError(error, path: path, expected: "an .npz file")
        }
        return try NPZFile(content, path: path).arrays()
    }

    private func arrays() throws(DataError) -> [String: NDArray] {
        var arrays: [String: NDArray] = [:]
        for name in names {
            do throws(DataError) { arrays[name] = try array(name) } catch {
                if error.code != .unsupported { throw error }
            }
        }
        return arrays
    }

    /// Writes arrays under their names, for `numpy.load`: an archive without compression, in the
    /// names' order. The file appears whole or not at all.
    /// - Throws: `DataError`: `.unsupported` for dtype `bf16` and for more than 4 GiB in one file,
    ///   `.unwritable` when the file cannot be written; `ArrayError` when there is no memory for a dense
    ///   copy; `EngineError` when the elements cannot be computed.
    public static func write(_ arrays: [String: NDArray], to path: String) throws {
        let sorted = arrays.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        let headers = try sorted.map { try NPYFile.header(of: $0.value, path: path) }
        do {
            var archive = try ZipWriter(path: path)
            for ((name, array), header) in zip(sorted, headers) {
                let dense = try validating { array.dense() }
                try dense.withBytes { data in
                    try header.withUnsafeBytes { try archive.append("\(name).npy", [$0, data]) }
                }
            }
            try archive.finish()
        } catch let error as ModelFileError {
            throw DataError(.unwritable, path: path, error.message)
        }
    }
}
