public import BraidCore
import BraidFormats
public import BraidRuntime

/// A file with the parameters of a network: a safetensors file whose tensors have the parameters'
/// names.
public struct ParameterFile: Sendable {
    /// The tensors and the metadata.
    package let file: SafetensorsFile

    /// The names of the tensors, as the file lists them.
    public var names: [String] { file.entries.map(\.name) }

    /// The tensors that Braid has no type for, with their types as the file has them, such as
    /// `F8_E4M3[4]`. They do not matter to who asks for others.
    public var unsupported: [(name: String, type: String)] {
        file.unsupported.map { ($0.name, $0.type) }
    }

    /// The type of the tensor of that name; nil when there is none that can be read.
    public func type(of name: String) -> TensorType? { file.entry(name)?.type }

    /// The tensor of that name, read now.
    /// - Throws: `ModelFileError` when there is none, Braid has no type for it, it cannot be read, or
    ///   there is no memory for it.
    public func array(_ name: String) throws -> NDArray { try NDArray(name, of: file) }

    /// Opens a file; its tensors are read when they are asked for.
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
    ///   cannot be computed, `ArrayError` when a layer has not learnt its input width yet.
    public func saveParameters(to path: String, metadata: [(String, String)] = []) throws {
        let unknown = parameters.filter { $0.parameter.shape == nil }.map(\.name)
        guard unknown.isEmpty else {
            throw ArrayError(
                .invalidState, in: "saveParameters",
                "the shapes of \(unknown.joined(separator: ", ")) are not known yet: call the network "
                    + "once, or give its layers their input widths"
            ).noted()
        }
        // Whatever else is wrong with a parameter is thrown, too.
        let arrays = try validating { parameters.map { ($0.name, $0.parameter.wrappedValue) } }
        try SafetensorsWriter.write(arrays, metadata: metadata, to: path)
    }

    /// Replaces the parameters by those in the file. A parameter that several blocks share may stand
    /// there under any of its names.
    ///
    /// ```swift
    /// // All but the last layer, from a network with other classes.
    /// let report = try network.loadParameters(from: file, allowing: .mismatched)
    /// // Half-precision weights of another framework.
    /// try network.loadParameters(from: file, converting: true) { name in
    ///     name.hasSuffix(".num_batches_tracked")
    ///         ? nil : name.replacing(".running_mean", with: ".runningMean")
    /// }
    /// ```
    /// - Parameters:
    ///   - allowed: which differences between file and network are no mistakes.
    ///   - converting: whether tensors of one floating-point dtype are converted to that of their
    ///     parameter.
    ///   - rename: what a tensor of the file is called in the network; nil leaves it out.
    /// - Returns: what differs, and what was converted.
    /// - Throws: `ModelFileError` that lists missing, unexpected and differently typed tensors that are
    ///   not allowed, a line for each; whatever is allowed, when the file has tensors and the block
    ///   parameters and none fits another; or when two tensors get the same name, or there is no memory
    ///   for them. The parameters are unchanged then.
    @discardableResult
    public func loadParameters(
        from file: ParameterFile, allowing allowed: LoadReport.Differences = [],
        converting: Bool = false, renaming rename: (String) -> String? = { $0 }
    ) throws -> LoadReport {
        let tensors = try RenamedTensors(file.file, rename)
        let elements = parameters
        let report = tensors.comparison(
            with: elements.map { element in
                let parameter = element.parameter
                let shape = parameter.shape ?? tensors.type(among: element.names)?.shape ?? []
                return (element.names, TensorType(parameter.dtype, shape))
            }, converting: converting)
        try report.check(allowing: allowed, in: file)
        let kept = Set(report.missing + report.mismatched.map(\.name))
        let changed = elements.filter { !kept.contains($0.name) }
        guard !changed.isEmpty || elements.isEmpty || tensors.isEmptyFile else {
            throw ModelFileError(
                .mismatch, path: file.file.path,
                "no tensor of the file fits a parameter, so that nothing would be loaded; say with renaming: "
                    + "what its tensors are called in the network\n\(report)")
        }
        let arrays = try changed.map { element in
            try tensors.array(among: element.names, as: element.parameter.dtype)
        }
        try validating {
            for (element, array) in zip(changed, arrays) {
                element.parameter.wrappedValue = array
            }
        }
        return report
    }

    /// The same with patterns for the names: each is applied, in order, to what those before it gave.
    /// `*` stands for any characters, points too; in the new name the stars stand for the same, in order.
    ///
    /// ```swift
    /// try network.loadParameters(
    ///     from: file,
    ///     renaming: [
    ///         "module.*": "*",
    ///         "*.running_mean": "*.runningMean",
    ///         "*.running_var": "*.runningVariance",
    ///         "*.num_batches_tracked": nil,
    ///     ])
    /// ```
    /// - Throws: as the other; also for a new name with more stars than its pattern.
    @discardableResult
    public func loadParameters(
        from file: ParameterFile, allowing allowed: LoadReport.Differences = [],
        converting: Bool = false, renaming patterns: KeyValuePairs<String, String?>
    ) throws -> LoadReport {
        let patterns = try patterns.map { pattern, name in
            guard let pattern = RenamingPattern(pattern, for: name) else {
                throw ModelFileError(
                    .invalidName, path: file.file.path,
                    "the new name '\(name ?? "")' has other stars than the pattern '\(pattern)'")
            }
            return pattern
        }
        return try loadParameters(from: file, allowing: allowed, converting: converting) { name in
            patterns.reduce(name) { name, pattern in name.flatMap(pattern.callAsFunction) }
        }
    }
}

extension ParameterList.Element {
    fileprivate var names: [String] { [name] + otherNames }
}

extension ParameterFile {
    /// How the file differs from what is expected in it.
    func comparison(
        with expected: [(name: String, otherNames: [String], type: TensorType)]
    ) -> LoadReport {
        RenamedTensors(file).comparison(with: expected.map { ([$0.name] + $0.otherNames, $0.type) })
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
                Tensor(name: name, type: array.type) { write in
                    let array = try validating { array.dense() }
                    try array.withBytes { try write($0) }
                }
            })
    }
}
