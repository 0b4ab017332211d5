import BraidCore
package import BraidRuntime

/// A file with the parameters of a network: a safetensors file whose tensors have the parameters'
/// names.
public struct ParameterFile: Sendable {
    /// The tensors and the metadata.
    package let file: SafetensorsFile

    /// Opens a file.
    /// - Throws: `ModelFileError` when it cannot be read or is no safetensors file.
    public init(path: String) throws {
        file = try SafetensorsFile(path: path)
    }

    /// The metadata string of that name.
    public func metadata(_ name: String) -> String? {
        file.metadata.first { $0.0 == name }?.1
    }

    /// Whether the file has a graph, too, so that `Model(contentsOfFile:)` reads it.
    public var isModelFile: Bool { Model.isModelFile(file) }

    /// Passes when a file can be written at `path`, so that a long run does not fail at its end.
    /// - Throws: `ModelFileError` naming the path.
    public static func checkWritable(_ path: String) throws { try AtomicFile.checkWritable(path) }
}

extension Block {
    /// Writes the parameters, under their names, with a format version and `metadata`.
    ///
    /// The bytes depend on the parameters and the metadata only. The file appears whole or not at
    /// all.
    /// - Throws: `ModelFileError` when the file cannot be written, `EngineError` when a parameter
    ///   cannot be computed.
    public func saveParameters(to path: String, metadata: [(String, String)] = []) throws {
        let elements = parameters
        let arrays = elements.map { ($0.name, $0.parameter.wrappedValue.dense()) }
        try SafetensorsWriter.write(
            to: path, metadata: metadata + [("braid.format_version", "1")],
            tensors: arrays.map { name, array in
                SafetensorsWriter.Tensor(name: name, type: array.type) { write in
                    try array.withBytes { try write($0) }
                }
            })
    }

    /// Replaces the parameters by those in the file.
    /// - Throws: `ModelFileError` that lists every missing, unexpected or differently shaped tensor;
    ///   the parameters are unchanged then.
    public func loadParameters(from file: ParameterFile) throws {
        let elements = parameters
        var problems: [String] = []
        for element in elements {
            guard let entry = file.file.entry(element.name) else {
                problems.append("\(element.name) is missing")
                continue
            }
            let expected = element.parameter.shape.map { TensorType(element.parameter.dtype, $0) }
            if let expected, entry.type != expected {
                problems.append("\(element.name) is \(entry.type), expected \(expected)")
            }
        }
        let names = Set(elements.map(\.name))
        problems += file.file.entries.map(\.name).filter { !names.contains($0) }.map {
            "\($0) is unexpected"
        }
        guard problems.isEmpty else {
            throw ModelFileError(
                .mismatch, path: file.file.path, problems.joined(separator: "; "))
        }
        let arrays = try elements.map { try NDArray($0.name, of: file.file) }
        for (element, array) in zip(elements, arrays) {
            element.parameter.wrappedValue = array
        }
    }
}
