extension JSONParser {
    /// Reads a number, at its first character.
    mutating func number() throws(JSONError) -> JSON {
        let start = position
        if peek() == UInt8(ascii: "-") { position += 1 }
        let first = peek()
        let integerDigits = skipDigits()
        guard integerDigits > 0, first != UInt8(ascii: "0") || integerDigits == 1 else {
            throw error(.syntax, "malformed number", at: start)
        }
        var isInteger = true
        if peek() == UInt8(ascii: ".") {
            position += 1
            isInteger = false
            guard skipDigits() > 0 else {
                throw error(.syntax, "expected digits after the decimal point")
            }
        }
        if peek() == UInt8(ascii: "e") || peek() == UInt8(ascii: "E") {
            position += 1
            isInteger = false
            if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") { position += 1 }
            guard skipDigits() > 0 else { throw error(.syntax, "expected digits of the exponent") }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger, let value = Int64(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else {
            throw error(.range, "a number out of range", at: start)
        }
        return .number(value)
    }

    private mutating func skipDigits() -> Int {
        let start = position
        while let byte = peek(), byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
            position += 1
        }
        return position - start
    }

    /// Reads a string, at its opening quote.
    mutating func string() throws(JSONError) -> String {
        let start = position
        position += 1
        var content: [UInt8] = []
        while true {
            guard let byte = peek() else {
                throw error(.syntax, "the string has no end", at: start)
            }
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                guard let string = String(validating: content, as: UTF8.self) else {
                    throw error(.encoding, "the string is not UTF-8", at: start)
                }
                return string
            case UInt8(ascii: "\\"): try escape(into: &content)
            case 0..<0x20: throw error(.syntax, "a control character in a string")
            default:
                content.append(byte)
                position += 1
            }
        }
    }

    private mutating func escape(into content: inout [UInt8]) throws(JSONError) {
        let start = position
        position += 1
        let escaped = peek()
        position += 1
        switch escaped {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(escaped!)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "u"):
            var value = try codeUnit()
            if (0xD800..<0xDC00).contains(value) {
                guard peek() == UInt8(ascii: "\\"), position + 1 < bytes.count,
                    bytes[position + 1] == UInt8(ascii: "u")
                else { throw error(.encoding, "half of a surrogate pair", at: start) }
                position += 2
                let low = try codeUnit()
                guard (0xDC00..<0xE000).contains(low) else {
                    throw error(.encoding, "half of a surrogate pair", at: start)
                }
                value = 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(value) else {
                throw error(.encoding, "half of a surrogate pair", at: start)
            }
            content.append(contentsOf: UTF8.encode(scalar)!)
        default: throw error(.syntax, "unknown escape in a string", at: start)
        }
    }

    /// Four hexadecimal digits.
    private mutating func codeUnit() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue
            else { throw error(.syntax, "expected four hexadecimal digits") }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}
