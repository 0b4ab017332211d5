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
        try SafetensorsWriter.write(
            parameters.map { ($0.name, $0.parameter.wrappedValue) }, metadata: metadata, to: path)
    }

    /// Replaces the parameters by those in the file. A parameter that several blocks share may stand
    /// there under any of its names.
    ///
    /// ```swift
    /// // All but the last layer, from a network with other classes.
    /// let report = try network.loadParameters(from: file, allowing: .mismatched)
    /// ```
    /// - Parameter allowed: which differences between file and network are no mistakes.
    /// - Returns: what differs.
    /// - Throws: `ModelFileError` that lists every missing, unexpected or differently typed tensor
    ///   that is not allowed; the parameters are unchanged then.
    @discardableResult
    public func loadParameters(
        from file: ParameterFile, allowing allowed: LoadReport.Differences = []
    ) throws -> LoadReport {
        let elements = parameters
        let report = file.comparison(
            with: elements.map { element in
                let parameter = element.parameter
                let shape = parameter.shape ?? file.shape(element.names) ?? []
                return (element.name, element.otherNames, TensorType(parameter.dtype, shape))
            })
        try report.check(allowing: allowed, in: file)
        let kept = Set(report.missing + report.mismatched.map(\.name))
        let changed = elements.filter { !kept.contains($0.name) }
        let arrays = try changed.map { try NDArray(file.name(among: $0.names)!, of: file.file) }
        for (element, array) in zip(changed, arrays) {
            element.parameter.wrappedValue = array
        }
        return report
    }
}

extension ParameterList.Element {
    fileprivate var names: [String] { [name] + otherNames }
}

extension ParameterFile {
    /// The first of these names that a tensor has.
    fileprivate func name(among names: [String]) -> String? {
        names.first { file.entry($0) != nil }
    }

    fileprivate func shape(_ names: [String]) -> Shape? {
        name(among: names).flatMap { file.entry($0)?.type.shape }
    }

    /// How the file differs from what is expected in it.
    func comparison(
        with expected: [(name: String, otherNames: [String], type: TensorType)]
    ) -> LoadReport {
        var report = LoadReport()
        var known: Set<String> = []
        for row in expected {
            let names = [row.name] + row.otherNames
            known.formUnion(names)
            guard let type = name(among: names).flatMap({ file.entry($0)?.type }) else {
                report.missing.append(row.name)
                continue
            }
            if type != row.type {
                report.mismatched.append(
                    .init(name: row.name, found: "\(type)", expected: "\(row.type)"))
            }
        }
        report.unexpected = file.entries.map(\.name).filter { !known.contains($0) }
        return report
    }
}

extension SafetensorsWriter {
    /// Writes arrays, with a format version and `metadata`.
    static func write(
        _ arrays: [(name: String, array: NDArray)], metadata: [(String, String)], to path: String
    ) throws {
        try write(
            to: path, metadata: metadata + [("braid.format_version", "1")],
            tensors: arrays.map { name, array in
                let array = array.dense()
                return Tensor(name: name, type: array.type) { write in
                    try array.withBytes { try write($0) }
                }
            })
    }
}
