import BraidCore
import BraidFormats
import BraidPlatform
import BraidRuntime

/// Reads a table in two passes: the first counts lines and fields, so that the second knows where each
/// number goes, and neither keeps what it has seen.
struct CSVReader {
    let separator: UInt8
    let hasNames: Bool?
    let columns: [CSVColumn]?
    let categories: [CSVColumn]
    let missing: MissingValues
    let path: String

    /// Bytes that a column may take beside its numbers.
    private static let columnByteCount = 256

    /// What the first pass finds.
    private struct Form {
        /// Lines, that with names included.
        var lineCount = 0
        /// Fields of a line, without an empty one at the end of every line.
        var columnCount = 0
    }

    /// A column that is read.
    private struct Target {
        /// Its position in the table.
        let place: Int
        let isCategory: Bool
    }

    func table(_ bytes: UnsafeRawBufferPointer) throws(DataError) -> CSVTable {
        let form = try form(of: bytes)
        guard form.lineCount > 0 else { throw malformed("has no line with numbers") }
        let reservation = try MemoryBudget.reserve(
            form.columnCount * Self.columnByteCount, path: path)
        defer { withExtendedLifetime(reservation) {} }
        let fields = try names(in: bytes, form)
        let rowCount = form.lineCount - (fields == nil ? 0 : 1)
        guard rowCount > 0 else { throw malformed("has no line with numbers") }
        let nameReservation = try MemoryBudget.reserve(
            fields?.reduce(0) { $0 + $1.range.count } ?? 0, path: path)
        defer { withExtendedLifetime(nameReservation) {} }
        let parser = CSVParser(bytes, separator: separator, path: path)
        let names = try (fields ?? []).map { field throws(DataError) in try parser.text(field) }
        return try table(bytes, form, names: names, rowCount: rowCount)
    }

    /// The first pass.
    private func form(of bytes: UnsafeRawBufferPointer) throws(DataError) -> Form {
        var parser = CSVParser(bytes, separator: separator, path: path)
        var form = Form()
        var endsBlank = true
        while parser.nextLine() {
            let number = parser.lineNumber
            var (count, isBlank) = (0, false)
            var isLast = false
            while !isLast {
                let field = try parser.nextField()
                count += 1
                (isBlank, isLast) = (field.isBlank, field.isLast)
            }
            if form.lineCount == 0 { form.columnCount = count }
            // An empty field behind the columns is no field.
            let isLonger = count == form.columnCount + 1 && isBlank
            guard count == form.columnCount || isLonger else {
                throw malformed(
                    "has \(count) fields in line \(number); expected \(form.columnCount) as in the "
                        + "first")
            }
            endsBlank = endsBlank && isBlank && count > 1 && !isLonger
            form.lineCount += 1
        }
        if form.lineCount > 0, endsBlank { form.columnCount -= 1 }
        return form
    }

    /// The fields with the columns' names; nil when the first line has values.
    private func names(
        in bytes: UnsafeRawBufferPointer, _ form: Form
    ) throws(DataError) -> [CSVParser.Field]? {
        if hasNames == false { return nil }
        var parser = CSVParser(bytes, separator: separator, path: path)
        _ = parser.nextLine()
        let line = parser.lineNumber
        var fields: [CSVParser.Field] = []
        for _ in 0..<form.columnCount { fields.append(try parser.nextField()) }
        if hasNames == nil {
            let kinds = fields.map { field in
                parser.number(field) != nil ? 0 : parser.isMissing(field) ? 1 : 2
            }
            let counts = (0..<3).map { kind in kinds.count { $0 == kind } }
            if counts[0] == fields.count { return nil }
            // With a rule for what is missing, numbers with gaps are plainly values.
            if counts[0] > 0, counts[2] == 0, missing != .error { return nil }
            guard counts[0] == 0, counts[2] > 0 else {
                let odd = kinds.firstIndex { $0 != 0 }!
                throw malformed(
                    "has \(counts[0] > 0 ? "numbers and other fields" : "no text") in line \(line), "
                        + "with '\(parser.excerpt(fields[odd]))' in field \(odd + 1), so that it may "
                        + "be names or values; say hasNames: true or hasNames: false, and missing: if "
                        + "values are missing")
            }
        }
        return fields
    }

    /// The second pass.
    private func table(
        _ bytes: UnsafeRawBufferPointer, _ form: Form, names: [String], rowCount: Int
    ) throws(DataError) -> CSVTable {
        let chosen =
            if let columns { try positions(of: columns, among: names, form) } else {
                Array(0..<form.columnCount)
            }
        let texts = Set(try positions(of: categories, among: names, form))
        guard !chosen.isEmpty, Set(chosen).count == chosen.count else {
            throw malformed(
                "cannot be read as \(chosen.isEmpty ? "no column" : "a column twice"); columns: names "
                    + "each that is wanted once")
        }
        if let unread = texts.first(where: { !chosen.contains($0) }) {
            throw malformed("has column \(unread) among categories: but not among columns:")
        }
        var targets = [Target?](repeating: nil, count: form.columnCount)
        for (place, position) in chosen.enumerated() {
            targets[position] = Target(place: place, isCategory: texts.contains(position))
        }
        guard let shape = Shape(exactly: [rowCount, chosen.count]) else {
            throw DataError(.unsupported, path: path, "has too many lines: \(rowCount)")
        }
        let type = TensorType(.f64, shape)
        let values = try NDArray(reserving: type, path: path)
        let numbers = UnsafeMutableRawBufferPointer(
            start: values.storage.address, count: type.byteCount
        ).bindMemory(to: Double.self)

        var categories = CSVCategories(path: path)
        var parser = CSVParser(bytes, separator: separator, path: path)
        if !names.isEmpty { try skipLine(&parser) }
        var row = 0
        while parser.nextLine() {
            let isWhole = try read(
                &parser, targets, names, into: numbers, row: row, columnCount: chosen.count,
                &categories)
            if isWhole { row += 1 }
        }
        guard row > 0 else { throw malformed("has no row without missing values") }
        let lists = categories.sort(
            chosen.filter(texts.contains).map { targets[$0]!.place }, in: numbers,
            columnCount: chosen.count, rowCount: row)
        return CSVTable(
            names: names.isEmpty ? [] : chosen.map { names[$0] },
            values: row == rowCount ? values : values[..<row], categories: lists, path: path)
    }

    private func positions(
        of columns: [CSVColumn], among names: [String], _ form: Form
    ) throws(DataError) -> [Int] {
        try columns.map { column throws(DataError) in
            try column.position(among: names, count: form.columnCount, path: path)
        }
    }

    private func skipLine(_ parser: inout CSVParser) throws(DataError) {
        _ = parser.nextLine()
        while try !parser.nextField().isLast {}
    }

    /// Reads a line as the row of that number.
    /// - Returns: false when it is left out.
    private func read(
        _ parser: inout CSVParser, _ targets: [Target?], _ names: [String],
        into numbers: UnsafeMutableBufferPointer<Double>, row: Int, columnCount: Int,
        _ categories: inout CSVCategories
    ) throws(DataError) -> Bool {
        var (position, isLast, isWhole) = (0, false, true)
        // A row that is left out has no classes.
        var texts: [(column: Int, field: CSVParser.Field)] = []
        while !isLast {
            let line = parser.lineNumber
            let field = try parser.nextField()
            isLast = field.isLast
            defer { position += 1 }
            guard position < targets.count, let target = targets[position] else { continue }
            let place = row * columnCount + target.place
            func error(_ what: String) -> DataError {
                let name = names.isEmpty ? "" : " (column '\(names[position].printable)')"
                return malformed(
                    "has '\(parser.excerpt(field))' in line \(line), field \(position + 1)\(name); "
                        + what)
            }
            if !target.isCategory, let number = parser.number(field) {
                if number.isNaN, missing.policy == .row { isWhole = false }
                if number.isNaN, case .value(let value) = missing.policy {
                    numbers[place] = value
                } else {
                    numbers[place] = number
                }
            } else if parser.isMissing(field) {
                switch missing.policy {
                case .error:
                    throw error(
                        "expected \(target.isCategory ? "a text" : "a number"): say missing: .nan, "
                            + ".value(0) or .dropRow if values may be missing")
                case .row: isWhole = false
                case .value(let value):
                    guard !target.isCategory || value.isNaN else {
                        throw error("no category is the number \(value) that missing: says")
                    }
                    numbers[place] = value
                }
            } else if target.isCategory {
                texts.append((target.place, field))
            } else {
                throw error(
                    "expected a number: list the column in categories: to read its texts as classes, "
                        + "or leave it out with columns:")
            }
        }
        guard isWhole else { return false }
        for (column, field) in texts {
            numbers[row * columnCount + column] = Double(
                try categories.index(of: try parser.text(field), inColumn: column))
        }
        return true
    }

    private func malformed(_ message: String) -> DataError {
        DataError(.malformed, path: path, message)
    }
}
