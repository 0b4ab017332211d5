import BraidPlatform

/// Splits a file into lines and fields, without keeping any.
package struct CSVParser {
    /// A field, by its place in the file.
    package struct Field {
        /// Without the quotes around it.
        package let range: Range<Int>
        package let isQuoted: Bool
        /// Whether the line goes on behind it.
        package let isLast: Bool

        /// Whether there is nothing, not even quotes.
        package var isBlank: Bool { range.isEmpty && !isQuoted }
    }

    private let bytes: UnsafeRawBufferPointer
    private let separator: UInt8
    private let path: String
    private var position = 0
    /// The number of the line that the next field is in, from 1 on.
    package private(set) var lineNumber = 1

    private static let quote = UInt8(ascii: "\"")
    private static let newline = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
    /// No number is written with more bytes.
    private static let maximumNumberByteCount = 1024
    /// No name and no category has more: a whole file may be one field.
    private static let maximumTextByteCount = 1 << 16

    package init(_ bytes: UnsafeRawBufferPointer, separator: UInt8, path: String) {
        self.bytes = bytes
        self.separator = separator
        self.path = path
        if bytes.starts(with: Self.byteOrderMark) { position = Self.byteOrderMark.count }
    }

    /// Goes to the next line that has any character.
    /// - Returns: false at the end.
    package mutating func nextLine() -> Bool {
        while position < bytes.count {
            if !takeLineEnd() { return true }
        }
        return false
    }

    /// The next field of the line.
    /// - Precondition: the field before was not the last.
    package mutating func nextField() throws(DataError) -> Field {
        if take(Self.quote) { return try quotedField() }
        let start = position
        while position < bytes.count {
            let byte = bytes[position]
            if byte == separator || byte == Self.newline { break }
            position += 1
        }
        var end = position
        let isLast = position == bytes.count || bytes[position] == Self.newline
        if isLast, end > start, bytes[end - 1] == Self.carriageReturn { end -= 1 }
        endField()
        return Field(range: start..<end, isQuoted: false, isLast: isLast)
    }

    private mutating func quotedField() throws(DataError) -> Field {
        let (start, startLine) = (position, lineNumber)
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == Self.newline { lineNumber += 1 }
            // A quote is written twice.
            guard byte == Self.quote, !take(Self.quote) else { continue }
            let range = start..<(position - 1)
            if take(separator) { return Field(range: range, isQuoted: true, isLast: false) }
            guard takeLineEnd() || position == bytes.count else {
                throw malformed("has text behind a quoted field in line \(lineNumber)")
            }
            return Field(range: range, isQuoted: true, isLast: true)
        }
        throw malformed("has a quote in line \(startLine) that is not closed")
    }

    private mutating func endField() {
        guard position < bytes.count else { return }
        if bytes[position] == Self.newline { lineNumber += 1 }
        position += 1
    }

    /// What a field says, as a name or a category.
    /// - Throws: `DataError` when it is too long for either.
    package func text(_ field: Field) throws(DataError) -> String {
        guard field.range.count <= Self.maximumTextByteCount else {
            throw malformed(
                "has a field of \(field.range.count) bytes, '\(excerpt(field))'…; names and categories have "
                    + "at most \(Self.maximumTextByteCount)")
        }
        return content(field)
    }

    private func content(_ field: Field) -> String {
        let text = String(decoding: bytes[field.range], as: UTF8.self)
        return field.isQuoted ? text.replacing("\"\"", with: "\"") : text
    }

    /// What a field says, at most its first characters.
    package func excerpt(_ field: Field) -> String {
        let range = field.range.prefix(160)
        return String(String(decoding: bytes[range], as: UTF8.self).prefix(40)).printable
    }

    /// A field as a number, spaces around it or not.
    package func number(_ field: Field) -> Double? {
        guard field.range.count <= Self.maximumNumberByteCount else { return nil }
        // Most fields have no spaces around them.
        let text = content(field)
        if let number = Double(text) { return number }
        let words = text.split(whereSeparator: \.isWhitespace)
        return words.count == 1 ? Double(words[0]) : nil
    }

    /// Whether a field has no value.
    package func isMissing(_ field: Field) -> Bool {
        if field.range.isEmpty { return true }
        guard field.range.count <= Self.maximumNumberByteCount else { return false }
        let words = content(field).split(whereSeparator: \.isWhitespace)
        return words.isEmpty || (words.count == 1 && Self.isMark(String(words[0])))
    }

    /// What a field may say instead of nothing, in small letters.
    private static let marks: Set<String> = ["na", "n/a", "#n/a", "<na>", "null", "none", "?"]

    /// Whether a text, without spaces around it, is no value.
    private static func isMark(_ text: String) -> Bool {
        text.isEmpty || (text.utf8.count <= 4 && marks.contains(text.lowercased()))
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
