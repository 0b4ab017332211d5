import BraidCore
public import BraidFormats
import BraidPlatform
import BraidRuntime

/// Tables in text files with comma-separated values (Y. Shafranovich, RFC 4180, 2005).
///
/// ```swift
/// let table = try CSVFile.read("iris.csv", categories: ["species"])
/// let samples = try table.dataset(label: "species")
///
/// let houses = try CSVFile.read(
///     "houses.csv", columns: ["rooms", "area", "price"], missing: .dropRow)
/// let prices = try houses.dataset(target: "price")
/// ```
public enum CSVFile {
    /// Reads a table whose fields are numbers, but for a first line with names if there is one, and for
    /// columns of `categories`. Lines end with LF or CRLF; fields may be quoted; spaces around a number
    /// do not matter; lines without any character are passed over, and so is an empty field at the end of
    /// every line.
    /// - Parameters:
    ///   - separator: what stands between fields; one ASCII character, as `;` or `\t`.
    ///   - hasNames: whether the first line has names; when nil it does if none of its fields is a
    ///     number. A first line with numbers and other fields is an error then: it could be either.
    ///   - columns: which columns are read, in this order; all when nil.
    ///   - categories: columns of texts, which are read as classes: `CSVTable.categories(of:)` has the
    ///     different texts, sorted, and the values are positions among them. Names and texts have at most
    ///     64 KiB.
    ///   - missing: what fields without a value stand for, in the columns that are read.
    /// - Throws: `DataError`: `.missing` or `.unreadable` when the file cannot be read, `.malformed`
    ///   naming line and column when a field is no number or has no value, or a line has another number
    ///   of fields than the first, or when there is no such column; `.tooLarge` when there is no memory
    ///   for the table.
    public static func read(
        _ path: String, separator: Character = ",", hasNames: Bool? = nil,
        columns: [CSVColumn]? = nil, categories: [CSVColumn] = [], missing: MissingValues = .error
    ) throws(DataError) -> CSVTable {
        guard let byte = separator.asciiValue, byte != UInt8(ascii: "\"") else {
            throw DataError(
                .unsupported, path: path, "cannot be split at '\(separator)', which is not ASCII")
        }
        let bytes: ReservedBytes
        do throws(SystemError) {
            // A stream of zeros is no text.
            let file = try InputFile(path: path) { !$0.contains(0) }
            bytes = try file.reservedBytes(at: 0, count: file.byteCount())
        } catch {
            throw DataError(error, path: path, expected: "a table of comma-separated values")
        }
        let reader = CSVReader(
            separator: byte, hasNames: hasNames, columns: columns, categories: categories,
            missing: missing, path: path)
        return try bytes.withBytes { bytes throws(DataError) in try reader.table(bytes) }
    }
}
