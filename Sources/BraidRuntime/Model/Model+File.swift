import BraidCore
public import BraidFormats
import BraidGraph
import BraidPlatform

/// A model file is a safetensors file: a tensor for each parameter, and in the metadata, as JSON under
/// keys that begin with `braid.`:
///
/// | key | |
/// | --- | --- |
/// | `braid.format_version` | `2`, the version of this layout |
/// | `braid.graph` | the graph before all passes, as `GraphCoding` writes it |
/// | `braid.optimization` | `{"disabled": [passes], "exact": false}`: how the graph is compiled |
/// | `braid.signature` | names and types of inputs, outputs and parameters; names of random keys |
///
/// Other keys are the user's: `Model.metadata`. Version 1, which was never released, had no options,
/// no random keys and no keys of the user's.
extension Model {
    /// The version of the layout of model files.
    private static let formatVersion = "2"
    /// Bytes of the graph's text. The header of a safetensors file has less than 100 MB, and every
    /// quote of the text takes two bytes there.
    private static let graphByteLimit = 45_000_000

    /// What the keys of the format begin with.
    static let reservedPrefix = "braid."

    private enum Key {
        static let graph = reservedPrefix + "graph"
        static let optimization = reservedPrefix + "optimization"
        static let signature = reservedPrefix + "signature"
        static let formatVersion = reservedPrefix + "format_version"
        static let all = [formatVersion, graph, optimization, signature]
    }

    /// Writes a file, whole or not at all. Equal models give equal bytes.
    /// - Throws: `ModelFileError` when the file cannot be written or the graph is too large for one;
    ///   the failure that a parameter's elements depend on.
    public func write(to path: String) throws {
        let text = try GraphCoding.json(of: graph).text
        let limits = GraphCoding.Limits()
        guard graph.nodes.count <= limits.nodeCount, text.utf8.count <= Self.graphByteLimit else {
            throw ModelFileError(
                .unwritable, path: path,
                "the graph has \(graph.nodes.count) nodes and \(text.utf8.count) bytes as text; files "
                    + "hold \(limits.nodeCount) nodes and \(Self.graphByteLimit) bytes (make large "
                    + "constants parameters)")
        }
        try SafetensorsWriter.write(
            to: path,
            metadata: [
                (Key.formatVersion, Self.formatVersion), (Key.graph, text),
                (Key.optimization, options.json.text), (Key.signature, signature.json.text),
            ] + self.metadata.map { ($0, $1) },
            tensors: zip(signature.parameters, values).map { entry, value in
                SafetensorsWriter.Tensor(name: entry.name, type: entry.type) { write in
                    try value.withBytes { try write($0) }
                }
            })
    }

    /// Whether a safetensors file is a model file, of whatever version.
    package static func isModelFile(_ file: SafetensorsFile) -> Bool {
        file.metadata.contains { $0.0 == Key.graph }
    }

    /// Reads a model file.
    /// - Throws: `ModelFileError` when the file cannot be read, breaks the format, or has a graph,
    ///   signature and tensors that do not belong together; missing and unexpected names are all
    ///   listed.
    public convenience init(contentsOfFile path: String) throws(ModelFileError) {
        try self.init(SafetensorsFile(path: path))
    }

    /// Reads a model from an open file.
    /// - Throws: as `init(contentsOfFile:)`.
    package convenience init(_ file: SafetensorsFile) throws(ModelFileError) {
        let path = file.path
        var metadata = try Self.metadata(of: file)
        let signature = try ModelSignature(
            try Self.json(metadata[Key.signature]!, Key.signature, path), path: path)
        let options = try OptimizationOptions(
            try Self.json(metadata[Key.optimization]!, Key.optimization, path), path: path)
        let graph = try GraphCoding.graph(
            from: try Self.json(metadata[Key.graph]!, Key.graph, path), path: path)
        try Self.check(file, against: signature)
        var parameters: [(name: String, value: NDArray)] = []
        for entry in signature.parameters {
            parameters.append((entry.name, try NDArray(entry.name, of: file)))
        }
        for key in Key.all { metadata[key] = nil }
        do throws(ModelError) {
            try self.init(
                graph: graph, parameters: parameters, outputs: signature.outputs.map(\.name),
                options: options, metadata: metadata)
        } catch {
            let isOption = error.code == .invalidOptions
            let code: ModelFileError.Code =
                isOption ? .invalidMetadata : error.code == .tooLarge ? .tooLarge : .mismatch
            throw ModelFileError(code, path: path, error.message)
        }
        guard self.signature == signature else {
            throw ModelFileError(
                .mismatch, path: path,
                "the signature is not that of the graph, whose signature is "
                    + self.signature.json.text)
        }
    }

    /// The strings of the metadata by their keys: all that are needed, and the user's.
    private static func metadata(
        of file: SafetensorsFile
    ) throws(ModelFileError) -> [String: String] {
        let metadata = Dictionary(uniqueKeysWithValues: file.metadata)
        func error(_ message: String) -> ModelFileError {
            ModelFileError(.invalidMetadata, path: file.path, message)
        }
        let missing = Key.all.filter { metadata[$0] == nil }
        guard missing.isEmpty else {
            throw error("no model file: the metadata lack \(ModelError.list(missing))")
        }
        let version = metadata[Key.formatVersion]!
        guard version == formatVersion else {
            throw error(
                "the file has format version '\(version)'; this version of Braid reads "
                    + "'\(formatVersion)'")
        }
        let unexpected = metadata.keys.filter {
            $0.hasPrefix(reservedPrefix) && !Key.all.contains($0)
        }.sorted()
        guard unexpected.isEmpty else {
            throw error("the metadata have unexpected keys: \(ModelError.list(unexpected))")
        }
        return metadata
    }

    private static func json(
        _ text: String, _ key: String, _ path: String
    ) throws(ModelFileError) -> JSON {
        do throws(MemoryShortage) {
            try MemoryBudget.check(text.utf8.count * SafetensorsContainer.parsedExpansion)
        } catch {
            throw ModelFileError(SystemError(error), path: path)
        }
        do throws(JSONError) { return try JSONParser.parse(text) } catch {
            throw ModelFileError(.invalidMetadata, path: path, "'\(key)' is no JSON: \(error)")
        }
    }

    /// Passes a file whose tensors are the signature's parameters.
    private static func check(
        _ file: SafetensorsFile, against signature: ModelSignature
    ) throws(ModelFileError) {
        let path = file.path
        let types = Dictionary(uniqueKeysWithValues: file.entries.map { ($0.name, $0.type) })
        let names = Set(signature.parameters.map(\.name))
        let missing = names.filter { types[$0] == nil }.sorted()
        guard names.count == signature.parameters.count else {
            throw ModelFileError(
                .invalidName, path: path, "parameters of the signature share a name")
        }
        // None of the signature's types fits a tensor that Braid has no type for.
        for entry in file.unsupported where names.contains(entry.name) {
            throw file.missing(entry.name)
        }
        let unexpected =
            (types.keys.filter { !names.contains($0) } + file.unsupported.map(\.name)).sorted()
        guard missing.isEmpty, unexpected.isEmpty else {
            throw ModelFileError(
                .mismatch, path: path,
                "the tensors are not the parameters: missing \(ModelError.list(missing)), unexpected "
                    + ModelError.list(unexpected))
        }
        for entry in signature.parameters where types[entry.name] != entry.type {
            throw ModelFileError(
                .mismatch, path: path,
                "tensor '\(entry.name.printable)' is \(types[entry.name]!); the signature has \(entry.type)"
            )
        }
    }
}

extension OptimizationOptions {
    /// The options as JSON; `verifies`, which changes no result, is left out.
    fileprivate var json: JSON {
        .object([
            ("disabled", .array(disabledPasses.sorted().map { .string($0) })),
            ("exact", .bool(isExact)),
        ])
    }

    fileprivate init(_ json: JSON, path: String) throws(ModelFileError) {
        let fields = JSONFields(json, subject: "the optimization", path: path)
        try fields.allow(["disabled", "exact"])
        self.init(
            disabling: Set(try fields.strings("disabled")), exact: try fields.truth("exact"))
    }
}
