extension JSON {
    /// The value as its `Codable` conformance writes it, with the keys of every object sorted by
    /// their UTF-8 bytes.
    /// - Throws: `EncodingError` for what JSON has no exact form for: numbers that are not finite,
    ///   integers outside 64 bits.
    package init(encoding value: some Encodable) throws {
        let node = JSONEncoding.Node()
        try value.encode(to: JSONEncoding(node, []))
        self = node.json
    }
}

/// Writes one value of a tree, in one of the three forms that `Encoder` knows.
struct JSONEncoding: Encoder {
    /// A value that is being written. Containers share it, as they are handed out by value.
    final class Node {
        fileprivate enum Content {
            case nothing
            case value(JSON)
            case object([String: Node])
            case array([Node])
        }

        fileprivate var content = Content.nothing

        /// What was written; an empty object for a type without attributes that writes nothing.
        var json: JSON {
            switch content {
            case .nothing: .object([])
            case .value(let value): value
            case .array(let nodes): .array(nodes.map(\.json))
            case .object(let nodes):
                .object(
                    nodes.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
                        .map { ($0.key, $0.value.json) })
            }
        }

        fileprivate func member(_ key: String) -> Node {
            let node = Node()
            if case .object(var nodes) = content {
                content = .nothing
                nodes[key] = node
                content = .object(nodes)
            } else {
                content = .object([key: node])
            }
            return node
        }

        fileprivate func element() -> Node {
            let node = Node()
            if case .array(var nodes) = content {
                content = .nothing
                nodes.append(node)
                content = .array(nodes)
            } else {
                content = .array([node])
            }
            return node
        }

        fileprivate var elementCount: Int {
            if case .array(let nodes) = content { nodes.count } else { 0 }
        }
    }

    private let node: Node
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    init(_ node: Node, _ codingPath: [any CodingKey]) {
        self.node = node
        self.codingPath = codingPath
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if case .nothing = node.content { node.content = .object([:]) }
        return KeyedEncodingContainer(Keyed(node: node, codingPath: codingPath))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if case .nothing = node.content { node.content = .array([]) }
        return Unkeyed(node: node, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        Single(node: node, codingPath: codingPath)
    }
}

extension JSONEncoding {
    private struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
        let node: Node
        let codingPath: [any CodingKey]

        private func encoder(_ key: any CodingKey) -> JSONEncoding {
            JSONEncoding(node.member(key.stringValue), codingPath + [key])
        }

        mutating func encodeNil(forKey key: Key) throws {
            node.member(key.stringValue).content = .value(.null)
        }
        mutating func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
            try value.encode(to: encoder(key))
        }
        mutating func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type, forKey key: Key
        ) -> KeyedEncodingContainer<Nested> {
            encoder(key).container(keyedBy: type)
        }
        mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
            encoder(key).unkeyedContainer()
        }
        mutating func superEncoder() -> any Encoder { encoder(JSONKey("super")) }
        mutating func superEncoder(forKey key: Key) -> any Encoder { encoder(key) }
    }

    private struct Unkeyed: UnkeyedEncodingContainer {
        let node: Node
        let codingPath: [any CodingKey]
        var count: Int { node.elementCount }

        private func encoder() -> JSONEncoding {
            let key = JSONKey(count)
            return JSONEncoding(node.element(), codingPath + [key])
        }

        mutating func encodeNil() throws { node.element().content = .value(.null) }
        mutating func encode<T: Encodable>(_ value: T) throws { try value.encode(to: encoder()) }
        mutating func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type
        ) -> KeyedEncodingContainer<Nested> {
            encoder().container(keyedBy: type)
        }
        mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
            encoder().unkeyedContainer()
        }
        mutating func superEncoder() -> any Encoder { encoder() }
    }

    private struct Single: SingleValueEncodingContainer {
        let node: Node
        let codingPath: [any CodingKey]

        private func write(_ value: JSON) { node.content = .value(value) }

        private func writeInteger<T: BinaryInteger>(_ value: T) throws {
            guard let integer = Int64(exactly: value) else {
                throw EncodingError.invalidValue(
                    value, .init(codingPath: codingPath, debugDescription: "outside 64 bits"))
            }
            write(.integer(integer))
        }

        mutating func encodeNil() throws { write(.null) }
        mutating func encode(_ value: Bool) throws { write(.bool(value)) }
        mutating func encode(_ value: String) throws { write(.string(value)) }
        mutating func encode(_ value: Double) throws {
            guard value.isFinite else {
                throw EncodingError.invalidValue(
                    value, .init(codingPath: codingPath, debugDescription: "not finite"))
            }
            write(.number(value))
        }
        // Every Float is a Double.
        mutating func encode(_ value: Float) throws { try encode(Double(value)) }
        mutating func encode(_ value: Int) throws { try writeInteger(value) }
        mutating func encode(_ value: Int8) throws { try writeInteger(value) }
        mutating func encode(_ value: Int16) throws { try writeInteger(value) }
        mutating func encode(_ value: Int32) throws { try writeInteger(value) }
        mutating func encode(_ value: Int64) throws { try writeInteger(value) }
        mutating func encode(_ value: UInt) throws { try writeInteger(value) }
        mutating func encode(_ value: UInt8) throws { try writeInteger(value) }
        mutating func encode(_ value: UInt16) throws { try writeInteger(value) }
        mutating func encode(_ value: UInt32) throws { try writeInteger(value) }
        mutating func encode(_ value: UInt64) throws { try writeInteger(value) }
        mutating func encode<T: Encodable>(_ value: T) throws {
            try value.encode(to: JSONEncoding(node, codingPath))
        }
    }
}

/// A step of a coding path that no type declares: an index, or a name known when it runs.
struct JSONKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(_ name: String) {
        stringValue = name
        intValue = nil
    }
    init(_ index: Int) {
        stringValue = String(index)
        intValue = index
    }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { self.init(intValue) }
}
