import BraidCore
import BraidFormats

/// The members of an object in a file's metadata, each checked when it is asked for.
struct JSONFields {
    let json: JSON
    /// What the object is, as messages begin: `node 3 (softmax)`.
    let subject: String
    let path: String

    init(_ json: JSON, subject: String, path: String) {
        self.json = json
        self.subject = subject
        self.path = path
    }

    func error(_ message: String) -> ModelFileError {
        ModelFileError(.invalidMetadata, path: path, "\(subject) \(message)")
    }

    /// Passes an object without other keys than these.
    func allow(_ keys: [String]) throws(ModelFileError) {
        guard case .object(let pairs) = json else {
            throw error("is \(json.kind); expected an object")
        }
        let unexpected = pairs.map(\.0).filter { !keys.contains($0) }
        if unexpected.isEmpty { return }
        throw error("has unexpected keys: \(ModelError.list(unexpected))")
    }

    func member(_ key: String) throws(ModelFileError) -> JSON {
        guard case .object = json else { throw error("is \(json.kind); expected an object") }
        guard let value = json[key] else { throw error("lacks the key '\(key)'") }
        return value
    }

    func string(_ key: String) throws(ModelFileError) -> String {
        let value = try member(key)
        guard case .string(let text) = value else { throw mismatch(key, value, "a string") }
        return text
    }

    /// The truth value under a key, which may be missing if there is a default.
    func truth(_ key: String, default missing: Bool? = nil) throws(ModelFileError) -> Bool {
        if let missing, json[key] == nil { return missing }
        let value = try member(key)
        guard case .bool(let truth) = value else { throw mismatch(key, value, "a truth value") }
        return truth
    }

    func integer(_ key: String) throws(ModelFileError) -> Int {
        let value = try member(key)
        guard case .integer(let integer) = value else { throw mismatch(key, value, "an integer") }
        return Int(integer)
    }

    func array(_ key: String) throws(ModelFileError) -> [JSON] {
        let value = try member(key)
        guard case .array(let values) = value else { throw mismatch(key, value, "an array") }
        return values
    }

    func strings(_ key: String) throws(ModelFileError) -> [String] {
        var strings: [String] = []
        for value in try array(key) {
            guard case .string(let text) = value else {
                throw mismatch("\(key)[\(strings.count)]", value, "a string")
            }
            strings.append(text)
        }
        return strings
    }

    /// What stands under `dtype` and `shape`.
    func type() throws(ModelFileError) -> TensorType {
        do {
            return TensorType(
                try member("dtype").decoded(as: DType.self),
                try member("shape").decoded(as: Shape.self))
        } catch let error as ModelFileError {
            throw error
        } catch {
            throw self.error(
                "has a malformed type: \((error as? DecodingError)?.text ?? "\(error)")")
        }
    }

    private func mismatch(_ key: String, _ value: JSON, _ expected: String) -> ModelFileError {
        error("has \(value.kind) under '\(key)'; expected \(expected)")
    }
}
