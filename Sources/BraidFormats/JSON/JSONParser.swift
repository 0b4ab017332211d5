/// Reads one JSON value, strictly by the grammar and within limits, so that text from outside can
/// neither exhaust the stack nor make more values than its size explains.
package struct JSONParser {
    /// How much a text may hold.
    package struct Limits: Sendable {
        /// Bytes of the whole text.
        package var byteCount = 100 << 20
        /// Levels of arrays and objects in each other. The parser calls itself once a level.
        package var depth = 64
        /// Values of all kinds, in all levels.
        package var valueCount = 4 << 20

        package init() {}
    }

    private let limits: Limits
    private var depth = 0
    private var valueCount = 0
    let bytes: [UInt8]
    var position = 0

    private init(_ bytes: [UInt8], _ limits: Limits) {
        self.bytes = bytes
        self.limits = limits
    }

    /// Reads `bytes`, which hold one value with nothing but white space around it.
    /// - Throws: `JSONError` with the place of the first fault.
    package static func parse(
        _ bytes: [UInt8], limits: Limits = Limits()
    ) throws(JSONError) -> JSON {
        var parser = JSONParser(bytes, limits)
        guard bytes.count <= limits.byteCount else {
            throw parser.error(
                .limit, "\(bytes.count) bytes of text; at most \(limits.byteCount) are read")
        }
        let value = try parser.value()
        parser.skipSpace()
        guard parser.peek() == nil else {
            throw parser.error(.syntax, "something follows the value")
        }
        return value
    }

    /// Reads a text; as `parse(_:limits:)`.
    package static func parse(
        _ text: String, limits: Limits = Limits()
    ) throws(JSONError) -> JSON {
        try parse(Array(text.utf8), limits: limits)
    }

    private mutating func value() throws(JSONError) -> JSON {
        skipSpace()
        valueCount += 1
        guard valueCount <= limits.valueCount else {
            throw error(.limit, "more than \(limits.valueCount) values")
        }
        guard let first = peek() else { throw error(.syntax, "expected a value") }
        switch first {
        case UInt8(ascii: "{"): return try nested { (p) throws(JSONError) in try p.object() }
        case UInt8(ascii: "["): return try nested { (p) throws(JSONError) in try p.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: throw error(.syntax, "expected a value")
        }
    }

    private mutating func nested(
        _ body: (inout JSONParser) throws(JSONError) -> JSON
    ) throws(JSONError) -> JSON {
        guard depth < limits.depth else {
            throw error(.limit, "more than \(limits.depth) levels of arrays and objects")
        }
        depth += 1
        let value = try body(&self)
        depth -= 1
        return value
    }

    private mutating func array() throws(JSONError) -> JSON {
        position += 1
        var values: [JSON] = []
        if accept(UInt8(ascii: "]")) { return .array(values) }
        while true {
            values.append(try value())
            if accept(UInt8(ascii: "]")) { return .array(values) }
            try expect(UInt8(ascii: ","), "expected ',' or ']' after an element")
        }
    }

    private mutating func object() throws(JSONError) -> JSON {
        position += 1
        var pairs: [(String, JSON)] = []
        var keys: Set<String> = []
        if accept(UInt8(ascii: "}")) { return .object(pairs) }
        while true {
            skipSpace()
            let start = position
            guard peek() == UInt8(ascii: "\"") else { throw error(.syntax, "expected a key") }
            let key = try string()
            guard keys.insert(key).inserted else {
                throw error(.duplicateKey, "the key '\(key)' occurs twice", at: start)
            }
            try expect(UInt8(ascii: ":"), "expected ':' after the key")
            pairs.append((key, try value()))
            if accept(UInt8(ascii: "}")) { return .object(pairs) }
            try expect(UInt8(ascii: ","), "expected ',' or '}' after a value")
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
        let length = word.utf8CodeUnitCount
        guard position + length <= bytes.count,
            (0..<length).allSatisfy({ bytes[position + $0] == word.utf8Start[$0] })
        else { throw error(.syntax, "expected a value") }
        position += length
        return value
    }
}

extension JSONParser {
    func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func skipSpace() {
        while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            position += 1
        }
    }

    /// Takes `byte` if it comes next after white space.
    private mutating func accept(_ byte: UInt8) -> Bool {
        skipSpace()
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ byte: UInt8, _ message: String) throws(JSONError) {
        guard accept(byte) else { throw error(.syntax, message) }
    }

    func error(_ code: JSONError.Code, _ message: String, at offset: Int? = nil) -> JSONError {
        JSONError(code: code, offset: offset ?? position, message: message)
    }
}
