/// Splits a file into lines and fields.
struct CSVParser {
    struct Line {
        /// Counted from 1.
        let number: Int
        let fields: [String]
    }

    private let bytes: [UInt8]
    private let separator: UInt8
    private let path: String
    private var position = 0
    private var lineNumber = 1

    private static let quote = UInt8(ascii: "\"")
    private static let newline = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    init(_ bytes: [UInt8], separator: UInt8, path: String) {
        self.bytes = bytes
        self.separator = separator
        self.path = path
        if bytes.starts(with: Self.byteOrderMark) { position = Self.byteOrderMark.count }
    }

    /// A field as a number.
    static func number(_ field: String) -> Double? {
        // Most fields have no spaces around them.
        if let number = Double(field) { return number }
        let words = field.split(whereSeparator: \.isWhitespace)
        return words.count == 1 ? Double(words[0]) : nil
    }

    /// The next line that has any character; nil at the end.
    mutating func nextLine() throws(DataError) -> Line? {
        while position < bytes.count {
            if takeLineEnd() { continue }
            let number = lineNumber
            var fields: [String] = []
            repeat { fields.append(try nextField()) } while take(separator)
            guard takeLineEnd() || position == bytes.count else {
                throw malformed("has text behind a quoted field in line \(lineNumber)")
            }
            return Line(number: number, fields: fields)
        }
        return nil
    }

    private mutating func nextField() throws(DataError) -> String {
        guard take(Self.quote) else {
            let rest = bytes[position...]
            var end = rest.firstIndex { $0 == separator || $0 == Self.newline } ?? bytes.count
            let isLast = end == bytes.count || bytes[end] == Self.newline
            if isLast, end > position, bytes[end - 1] == Self.carriageReturn { end -= 1 }
            defer { position = end }
            return String(decoding: bytes[position..<end], as: UTF8.self)
        }
        let start = lineNumber
        var content: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == Self.newline { lineNumber += 1 }
            // A quote is written twice.
            if byte == Self.quote, !take(Self.quote) {
                return String(decoding: content, as: UTF8.self)
            }
            content.append(byte)
        }
        throw malformed("has a quote in line \(start) that is not closed")
    }

    private mutating func takeLineEnd() -> Bool {
        let start = position
        _ = take(Self.carriageReturn)
        if take(Self.newline) {
            lineNumber += 1
            return true
        }
        position = start
        return false
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private func malformed(_ message: String) -> DataError {
        DataError(.malformed, path: path, message)
    }
}
