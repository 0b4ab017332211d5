import BraidCore
import BraidOperators
public import BraidRuntime

/// Tables of numbers in text files with comma-separated values (Y. Shafranovich, RFC 4180, 2005).
///
/// ```swift
/// let table = try CSVFile.read("iris.csv")
/// let samples = try table.dataset(label: "species")
/// ```
public enum CSVFile {
    /// Reads a table whose fields are numbers, but for a first line with names if there is one. Lines
    /// end with LF or CRLF; fields may be quoted; spaces around a number do not matter; lines without
    /// any character are passed over.
    /// - Parameters:
    ///   - separator: what stands between fields; one ASCII character, as `;` or `\t`.
    ///   - hasNames: whether the first line has names; when nil it does if one of its fields is no
    ///     number.
    /// - Throws: `DataError`: `.missing` or `.unreadable` when the file cannot be read, `.malformed`
    ///   naming the line when a field is no number or a line has another number of fields than the
    ///   first.
    public static func read(
        _ path: String, separator: Character = ",", hasNames: Bool? = nil
    ) throws(DataError) -> CSVTable {
        let bytes: [UInt8]
        do throws(SystemError) {
            let file = try FileDescriptor.reading(path)
            bytes = try file.bytes(at: 0, count: file.byteCount())
        } catch {
            throw DataError(
                error.isMissingFile ? .missing : .unreadable, path: path,
                "cannot be read: \(error); expected a table of comma-separated values")
        }
        guard let separator = separator.asciiValue, separator != UInt8(ascii: "\"") else {
            throw DataError(
                .unsupported, path: path, "cannot be split at '\(separator)', which is not ASCII")
        }
        return try CSVTable(parsing: bytes, separator: separator, hasNames: hasNames, path: path)
    }
}

/// A table of numbers.
public struct CSVTable: Sendable {
    /// The columns' names; empty when the file has none.
    public let names: [String]
    /// f64 `[rows, columns]`.
    public let values: NDArray
    private let path: String

    package init(
        parsing bytes: [UInt8], separator: UInt8, hasNames: Bool?, path: String
    ) throws(DataError) {
        var parser = CSVParser(bytes, separator: separator, path: path)
        var names: [String] = []
        var numbers: [Double] = []
        var (rows, columns) = (0, 0)
        while let line = try parser.nextLine() {
            let isFirst = rows == 0 && names.isEmpty
            if isFirst {
                columns = line.fields.count
                if hasNames ?? line.fields.contains(where: { CSVParser.number($0) == nil }) {
                    names = line.fields
                    continue
                }
            }
            guard line.fields.count == columns else {
                throw DataError(
                    .malformed, path: path,
                    "has \(line.fields.count) fields in line \(line.number); expected \(columns) as "
                        + "in the first")
            }
            for (column, field) in line.fields.enumerated() {
                guard let number = CSVParser.number(field) else {
                    throw DataError(
                        .malformed, path: path,
                        "has '\(field.prefix(40))' in line \(line.number), field \(column + 1); "
                            + "expected a number")
                }
                numbers.append(number)
            }
            rows += 1
        }
        guard rows > 0 else {
            throw DataError(.malformed, path: path, "has no line with numbers")
        }
        guard let shape = Shape(exactly: [rows, columns]) else {
            throw DataError(.unsupported, path: path, "has too many lines: \(rows)")
        }
        self.names = names
        self.path = path
        values = NDArray(numbers, shape: shape)
    }

    /// A column as class labels, the others as inputs: f32 `[rows, columns - 1]` and i64 `[rows]`.
    /// - Throws: `DataError` when there is no such column, or a label is no whole number from 0 on.
    public func dataset(label name: String) throws(DataError) -> ArrayDataset {
        guard let column = names.firstIndex(of: name) else {
            let known = names.isEmpty ? "none" : names.joined(separator: ", ")
            throw DataError(
                .malformed, path: path,
                "has no column '\(name)' for the labels; the columns' names are: \(known)")
        }
        return try dataset(labelColumn: column)
    }

    /// The same for a column by its number, from 0 on; -1 is the last.
    /// - Throws: `DataError` when there is no such column, or a label is no whole number from 0 on.
    public func dataset(labelColumn: Int) throws(DataError) -> ArrayDataset {
        let (rows, columns) = (values.shape[0], values.shape[1])
        let column = labelColumn < 0 ? labelColumn + columns : labelColumn
        guard (0..<columns).contains(column), columns > 1 else {
            throw DataError(
                .malformed, path: path,
                "has \(columns) columns; there is no column \(labelColumn) for labels beside inputs"
            )
        }
        let numbers: [Double]
        do { numbers = try values.scalars(as: Double.self) } catch {
            throw DataError(.unreadable, path: path, "\(error)")
        }
        var labels: [Int64] = []
        var inputs: [Float] = []
        for row in 0..<rows {
            let line = numbers[(row * columns)..<((row + 1) * columns)]
            let value = line[row * columns + column]
            guard let label = Int64(exactly: value), label >= 0 else {
                throw DataError(
                    .malformed, path: path,
                    "has the label \(value) in row \(row + 1); expected a whole number from 0 on")
            }
            labels.append(label)
            for (index, element) in line.enumerated() where index != column {
                inputs.append(Float(element))
            }
        }
        return ArrayDataset(
            inputs: NDArray(inputs, shape: [rows, columns - 1]), labels: NDArray(labels))
    }
}
