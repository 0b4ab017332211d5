public import BraidCore
package import BraidFormats

/// What a model takes and gives, by name.
public struct ModelSignature: Hashable, Sendable {
    /// A named array of a known type.
    public struct Entry: Hashable, Sendable {
        /// The name.
        public let name: String
        /// Dtype and shape.
        public let type: TensorType

        /// An entry from its parts.
        public init(_ name: String, _ type: TensorType) {
            self.name = name
            self.type = type
        }
    }

    /// What a call gives the model, in the order of its arguments.
    public let inputs: [Entry]
    /// What a call returns, in the order of its results.
    public let outputs: [Entry]
    /// The arrays that belong to the model.
    public let parameters: [Entry]
    /// The inputs of the graph that are random keys, in the order in which each call draws them.
    public internal(set) var randomKeys: [String] = []

    /// The given names, or those that stand for none: `input` for one, `input0`, `input1`, … for
    /// several.
    static func names(
        _ names: [String]?, _ kind: String, count: Int
    ) throws(ModelError) -> [String] {
        guard let names else { return count == 1 ? [kind] : (0..<count).map { "\(kind)\($0)" } }
        if names.count == count { return names }
        throw ModelError(
            names.count < count ? .missing : .unexpected,
            "there are \(names.count) names for \(count) \(kind)s")
    }
}

extension ModelSignature {
    /// The signature as JSON: `{"inputs": [{"dtype", "name", "shape"}], "outputs": […],
    /// "parameters": […], "random_keys": ["key"]}`.
    package var json: JSON {
        func list(_ entries: [Entry]) -> JSON {
            .array(
                entries.map { entry in
                    let type = GraphCoding.members(of: entry.type)
                    return .object([type.dtype, ("name", .string(entry.name)), type.shape])
                })
        }
        return .object([
            ("inputs", list(inputs)), ("outputs", list(outputs)), ("parameters", list(parameters)),
            ("random_keys", .array(randomKeys.map { .string($0) })),
        ])
    }

    /// Reads a signature.
    /// - Throws: `ModelFileError` saying what is malformed.
    package init(_ json: JSON, path: String) throws(ModelFileError) {
        let fields = JSONFields(json, subject: "the signature", path: path)
        try fields.allow(["inputs", "outputs", "parameters", "random_keys"])
        func entries(_ key: String) throws(ModelFileError) -> [Entry] {
            var entries: [Entry] = []
            for json in try fields.array(key) {
                let subject = "the signature's \(key)[\(entries.count)]"
                let fields = JSONFields(json, subject: subject, path: path)
                try fields.allow(["dtype", "name", "shape"])
                entries.append(Entry(try fields.string("name"), try fields.type()))
            }
            return entries
        }
        inputs = try entries("inputs")
        outputs = try entries("outputs")
        parameters = try entries("parameters")
        randomKeys = try fields.strings("random_keys")
    }
}
