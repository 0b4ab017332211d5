import BraidFormats
import BraidPlatform

/// A column of a table, by its name or by its number: `"price"`, `2`, `-1` for the last.
public enum CSVColumn: Hashable, Sendable {
    /// The column of that name.
    case name(String)
    /// The column of that number, from 0 on; -1 is the last.
    case index(Int)
}

extension CSVColumn: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    /// The column of a name.
    public init(stringLiteral name: String) { self = .name(name) }
    /// The column of a number.
    public init(integerLiteral index: Int) { self = .index(index) }
}

extension CSVColumn: CustomStringConvertible {
    /// As `'price'` or `2`.
    public var description: String {
        switch self {
        case .name(let name): "'\(name.printable)'"
        case .index(let index): "\(index)"
        }
    }

    /// The position among columns of these names.
    /// - Parameter count: of the columns, which may have no names.
    /// - Throws: `DataError` when there is no such column, or there are two of the name.
    func position(
        among names: [String], count: Int, path: String
    ) throws(DataError) -> Int {
        switch self {
        case .index(let index):
            let position = index < 0 ? index + count : index
            guard (0..<count).contains(position) else {
                throw DataError(
                    .malformed, path: path,
                    "has \(count) columns; there is no column \(index)")
            }
            return position
        case .name(let name):
            guard let position = names.firstIndex(of: name) else {
                let known = names.prefix(40).map(\.printable).joined(separator: ", ")
                throw DataError(
                    .malformed, path: path,
                    "has no column '\(name.printable)'; the columns' names are: "
                        + (names.isEmpty ? "none" : known)
                        + (names.count > 40 ? " and \(names.count - 40) more" : ""))
            }
            guard !names[(position + 1)...].contains(name) else {
                throw DataError(
                    .malformed, path: path,
                    "has several columns '\(name.printable)'; say which by its number, from 0 on")
            }
            return position
        }
    }
}

/// What a field without a value stands for: an empty one, or one that says `NA`, `N/A`, `NULL`, `None`
/// or `?`, in letters of either case.
public struct MissingValues: Hashable, Sendable {
    enum Policy: Hashable, Sendable {
        case error, row
        case value(Double)
    }
    let policy: Policy

    /// A mistake, which names line and column.
    public static let error = MissingValues(policy: .error)
    /// Not a number.
    public static let nan = MissingValues(policy: .value(.nan))
    /// A reason to leave out the row.
    public static let dropRow = MissingValues(policy: .row)
    /// A number.
    public static func value(_ number: Double) -> MissingValues {
        MissingValues(policy: .value(number))
    }
}
