/// A JSON value (RFC 8259). Objects keep the order of their keys.
///
/// A small one of our own, as Foundation's coder would double the size of a static program that only
/// loads and runs a model.
package enum JSON: Sendable {
    case null
    case bool(Bool)
    /// A number written without fraction and exponent that fits 64 bits.
    case integer(Int64)
    /// Every other number. Written as the shortest text that reads back the same; JSON has no
    /// infinity and no NaN, which are written as `null`.
    case number(Double)
    case string(String)
    case array([JSON])
    /// Pairs of key and value. The parser refuses repeated keys, the writer writes what is there.
    case object([(String, JSON)])
}

extension JSON: Equatable {
    /// Whether both are the same value; the order of an object's keys counts.
    package static func == (a: JSON, b: JSON) -> Bool {
        switch (a, b) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.integer(let a), .integer(let b)): a == b
        case (.number(let a), .number(let b)): a == b
        case (.string(let a), .string(let b)): a == b
        case (.array(let a), .array(let b)): a == b
        case (.object(let a), .object(let b)):
            a.count == b.count && zip(a, b).allSatisfy { $0.0 == $1.0 && $0.1 == $1.1 }
        default: false
        }
    }
}

extension JSON {
    /// The value under a key of an object; nil when there is none or this is no object.
    package subscript(key: String) -> JSON? {
        guard case .object(let pairs) = self else { return nil }
        return pairs.first { $0.0 == key }?.1
    }

    /// What the value is, for messages: `an object`, `a string`.
    package var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a truth value"
        case .integer: "an integer"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
