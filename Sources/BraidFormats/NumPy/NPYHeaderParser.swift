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
        var description: String?
        var isFortranOrder: Bool?
        var extents: [Int]?
        try expect("{")
        while !skip("}") {
            let start = position
            let key = try string("a key")
            try expect(":")
            switch key {
            case "descr" where description == nil: description = try elementType()
            case "fortran_order" where isFortranOrder == nil: isFortranOrder = try boolean()
            case "shape" where extents == nil: extents = try tuple()
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
        guard let description, let isFortranOrder, let extents else {
            throw malformed("all of the keys descr, fortran_order and shape")
        }
        return NPYHeader(
            description: description, isFortranOrder: isFortranOrder, extents: extents)
    }

    private mutating func elementType() throws(DataError) -> String {
        skipSpace()
        if position < bytes.count, bytes[position] == UInt8(ascii: "[") {
            throw DataError(
                .unsupported, path: path,
                "has structured elements, which Braid cannot hold; expected numbers or truth values"
            )
        }
        return try string("a descr as '<f4'")
    }

    private mutating func boolean() throws(DataError) -> Bool {
        if skip("True") { return true }
        if skip("False") { return false }
        throw malformed("True or False")
    }

    /// A tuple: `()`, `(3,)`, `(3, 4)`.
    private mutating func tuple() throws(DataError) -> [Int] {
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
        return extents
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
}
