extension JSON {
    /// Reads a value by its `Decodable` conformance.
    /// - Throws: `DecodingError` with the path to what is missing or malformed; what the conformance
    ///   throws.
    package func decoded<T: Decodable>(as type: T.Type) throws -> T {
        try T(from: JSONDecoding(self, []))
    }
}

extension DecodingError {
    /// As `shape[2]: expected an integer, found a string`; the missing key by its name.
    package var text: String {
        func text(_ context: Context, _ message: String) -> String {
            var place = ""
            for key in context.codingPath {
                if let index = key.intValue {
                    place += "[\(index)]"
                } else {
                    place += place.isEmpty ? key.stringValue : ".\(key.stringValue)"
                }
            }
            return place.isEmpty ? message : "\(place): \(message)"
        }
        switch self {
        case .keyNotFound(let key, let context):
            return text(context, "the key '\(key.stringValue)' is missing")
        case .typeMismatch(_, let context), .valueNotFound(_, let context),
            .dataCorrupted(let context):
            return text(context, context.debugDescription)
        @unknown default: return "\(self)"
        }
    }
}

/// Reads one value of a tree, in one of the three forms that `Decoder` knows.
struct JSONDecoding: Decoder {
    private let json: JSON
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    init(_ json: JSON, _ codingPath: [any CodingKey]) {
        self.json = json
        self.codingPath = codingPath
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let pairs) = json else { throw mismatch(type, "an object") }
        let values = Dictionary(pairs, uniquingKeysWith: { first, _ in first })
        return KeyedDecodingContainer(Keyed(values: values, codingPath: codingPath))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let values) = json else { throw mismatch([Any].self, "an array") }
        return Unkeyed(values: values, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { Single(decoder: self) }

    private func mismatch(_ type: Any.Type, _ expected: String) -> DecodingError {
        .typeMismatch(
            type,
            .init(
                codingPath: codingPath, debugDescription: "expected \(expected), found \(json.kind)"
            ))
    }

    private func number() throws -> Double {
        switch json {
        case .number(let value): return value
        case .integer(let value):
            if let number = Double(exactly: value) { return number }
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: codingPath,
                    debugDescription: "\(value) is no 64-bit floating-point number"))
        default: throw mismatch(Double.self, "a number")
        }
    }

    private func integer<T: FixedWidthInteger>(_ type: T.Type) throws -> T {
        guard case .integer(let value) = json else { throw mismatch(type, "an integer") }
        guard let integer = T(exactly: value) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: codingPath,
                    debugDescription: "\(value) is out of range; expected \(T.min)...\(T.max)"))
        }
        return integer
    }
}

extension JSONDecoding {
    private struct Keyed<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let values: [String: JSON]
        let codingPath: [any CodingKey]
        var allKeys: [Key] { values.keys.sorted().compactMap { Key(stringValue: $0) } }

        private func decoder(_ key: any CodingKey) throws -> JSONDecoding {
            guard let value = values[key.stringValue] else {
                throw DecodingError.keyNotFound(
                    key, .init(codingPath: codingPath, debugDescription: "missing"))
            }
            return JSONDecoding(value, codingPath + [key])
        }

        func contains(_ key: Key) -> Bool { values[key.stringValue] != nil }
        func decodeNil(forKey key: Key) throws -> Bool { try decoder(key).json == .null }
        func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
            try T(from: decoder(key))
        }
        func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type, forKey key: Key
        ) throws -> KeyedDecodingContainer<Nested> {
            try decoder(key).container(keyedBy: type)
        }
        func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
            try decoder(key).unkeyedContainer()
        }
        func superDecoder() throws -> any Decoder { try decoder(JSONKey("super")) }
        func superDecoder(forKey key: Key) throws -> any Decoder { try decoder(key) }
    }

    private struct Unkeyed: UnkeyedDecodingContainer {
        let values: [JSON]
        let codingPath: [any CodingKey]
        private(set) var currentIndex = 0
        var count: Int? { values.count }
        var isAtEnd: Bool { currentIndex >= values.count }

        init(values: [JSON], codingPath: [any CodingKey]) {
            self.values = values
            self.codingPath = codingPath
        }

        private func decoder() throws -> JSONDecoding {
            guard !isAtEnd else {
                throw DecodingError.dataCorrupted(
                    .init(
                        codingPath: codingPath,
                        debugDescription: "has \(values.count) elements; expected more"))
            }
            return JSONDecoding(values[currentIndex], codingPath + [JSONKey(currentIndex)])
        }

        mutating func decodeNil() throws -> Bool {
            guard try decoder().json == .null else { return false }
            currentIndex += 1
            return true
        }
        mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
            let value = try T(from: decoder())
            currentIndex += 1
            return value
        }
        mutating func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type
        ) throws -> KeyedDecodingContainer<Nested> {
            let container = try decoder().container(keyedBy: type)
            currentIndex += 1
            return container
        }
        mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
            let container = try decoder().unkeyedContainer()
            currentIndex += 1
            return container
        }
        mutating func superDecoder() throws -> any Decoder {
            let decoder = try decoder()
            currentIndex += 1
            return decoder
        }
    }

    private struct Single: SingleValueDecodingContainer {
        let decoder: JSONDecoding
        var codingPath: [any CodingKey] { decoder.codingPath }

        func decodeNil() -> Bool { decoder.json == .null }
        func decode(_ type: Bool.Type) throws -> Bool {
            guard case .bool(let value) = decoder.json else {
                throw decoder.mismatch(type, "a truth value")
            }
            return value
        }
        func decode(_ type: String.Type) throws -> String {
            guard case .string(let value) = decoder.json else {
                throw decoder.mismatch(type, "a string")
            }
            return value
        }
        func decode(_ type: Double.Type) throws -> Double { try decoder.number() }
        func decode(_ type: Float.Type) throws -> Float { Float(try decoder.number()) }
        func decode(_ type: Int.Type) throws -> Int { try decoder.integer(type) }
        func decode(_ type: Int8.Type) throws -> Int8 { try decoder.integer(type) }
        func decode(_ type: Int16.Type) throws -> Int16 { try decoder.integer(type) }
        func decode(_ type: Int32.Type) throws -> Int32 { try decoder.integer(type) }
        func decode(_ type: Int64.Type) throws -> Int64 { try decoder.integer(type) }
        func decode(_ type: UInt.Type) throws -> UInt { try decoder.integer(type) }
        func decode(_ type: UInt8.Type) throws -> UInt8 { try decoder.integer(type) }
        func decode(_ type: UInt16.Type) throws -> UInt16 { try decoder.integer(type) }
        func decode(_ type: UInt32.Type) throws -> UInt32 { try decoder.integer(type) }
        func decode(_ type: UInt64.Type) throws -> UInt64 { try decoder.integer(type) }
        func decode<T: Decodable>(_ type: T.Type) throws -> T { try T(from: decoder) }
    }
}
