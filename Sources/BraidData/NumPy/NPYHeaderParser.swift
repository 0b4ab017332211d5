import BraidCore

/// Reads the header of an `.npy` file: a Python dictionary with the keys `descr`, `fortran_order` and
/// `shape`, each once, in any order.
///
/// Only what NumPy writes for plain arrays is understood; nothing is evaluated.
struct NPYHeaderParser {
    private let bytes: [UInt8]
    private let path: String
    private var position = 0

    /// - Parameter path: for messages.
    init(_ bytes: [UInt8], path: String) {
        self.bytes = bytes
        self.path = path
    }

    /// The header's content.
    /// - Throws: `DataError` when the text is malformed, or says something that Braid has nothing for.
    mutating func parse() throws(DataError) -> NPYHeader {
        var element: NPYElementType?
        var isFortranOrder: Bool?
        var shape: Shape?
        try expect("{")
        while !skip("}") {
            let start = position
            let key = try string("a key")
            try expect(":")
            switch key {
            case "descr" where element == nil: element = try elementType()
            case "fortran_order" where isFortranOrder == nil: isFortranOrder = try boolean()
            case "shape" where shape == nil: shape = try self.shape()
            default:
                position = start
                throw malformed("the keys descr, fortran_order and shape, each once")
            }
            if !skip(",") {
                try expect("}")
                break
            }
        }
        skipSpace()
        guard position == bytes.count else { throw malformed("only spaces after the '}'") }
        guard let element, let isFortranOrder, let shape else {
            throw malformed("all of the keys descr, fortran_order and shape")
        }
        return NPYHeader(element: element, isFortranOrder: isFortranOrder, shape: shape)
    }

    private mutating func elementType() throws(DataError) -> NPYElementType {
        skipSpace()
        if position < bytes.count, bytes[position] == UInt8(ascii: "[") {
            throw unsupported("structured elements")
        }
        let text = try string("a descr as '<f4'")
        guard let element = NPYElementType(text) else {
            throw unsupported("elements of descr '\(text)'")
        }
        return element
    }

    private mutating func boolean() throws(DataError) -> Bool {
        if skip("True") { return true }
        if skip("False") { return false }
        throw malformed("True or False")
    }

    /// A tuple: `()`, `(3,)`, `(3, 4)`.
    private mutating func shape() throws(DataError) -> Shape {
        try expect("(")
        var extents: [Int] = []
        var endsInComma = true
        while !skip(")") {
            guard endsInComma else { throw malformed("',' or ')'") }
            extents.append(try integer())
            endsInComma = skip(",")
        }
        // To Python `(3)` is a number.
        guard extents.count != 1 || endsInComma else { throw malformed("a tuple as (3,)") }
        guard let shape = Shape(exactly: extents) else {
            throw DataError(
                .unsupported, path: path,
                "has the extents \(extents.prefix(Shape.maximumRank + 1)), which Braid cannot hold; "
                    + "expected \(Shape.rule)")
        }
        return shape
    }

    private mutating func integer() throws(DataError) -> Int {
        skipSpace()
        let start = position
        var value = 0
        while position < bytes.count, (0x30...0x39).contains(bytes[position]) {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int(bytes[position] - 0x30))
            guard !overflow, !carry else { throw malformed("an extent below 2^32") }
            value = sum
            position += 1
        }
        guard position > start, bytes[start] != 0x30 || position == start + 1 else {
            position = start
            throw malformed("an extent, decimal and not negative")
        }
        // Python 2 marked long integers.
        if position < bytes.count, bytes[position] == UInt8(ascii: "L") { position += 1 }
        return value
    }

    /// A string in quotes of either kind, without escapes.
    private mutating func string(_ expected: String) throws(DataError) -> String {
        skipSpace()
        guard position < bytes.count, [0x22, 0x27].contains(bytes[position]) else {
            throw malformed(expected)
        }
        let content = bytes[(position + 1)...].prefix { $0 != bytes[position] }
        // No valid string is nearly as long; messages shall not be either.
        guard content.endIndex < bytes.count, content.count <= 40,
            content.allSatisfy({ (0x20..<0x7F).contains($0) && $0 != UInt8(ascii: "\\") })
        else { throw malformed(expected) }
        position = content.endIndex + 1
        return String(decoding: content, as: UTF8.self)
    }

    private mutating func expect(_ token: StaticString) throws(DataError) {
        if !skip(token) { throw malformed("'\(token)'") }
    }

    /// Whether `token` came next; it is behind then.
    private mutating func skip(_ token: StaticString) -> Bool {
        skipSpace()
        let found = token.withUTF8Buffer { bytes[position...].starts(with: $0) }
        if found { position += token.utf8CodeUnitCount }
        return found
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
            position += 1
        }
    }

    private func malformed(_ expected: String) -> DataError {
        DataError(
            .malformed, path: path,
            "has a malformed header at byte \(position) of its text; expected \(expected)")
    }

    private func unsupported(_ what: String) -> DataError {
        DataError(
            .unsupported, path: path,
            "has \(what), which Braid cannot hold; expected f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, "
                + "u8 or b1 after '<', '>', '=' or, for single bytes, '|'")
    }
}
