import BraidCore
public import BraidFormats
import BraidOperators
import BraidPlatform
public import BraidRuntime

/// A table of numbers.
public struct CSVTable: Sendable {
    /// The columns' names; empty when the file has none.
    public let names: [String]
    /// f64 `[rows, columns]`; of categories, their positions in `categories(of:)`.
    public let values: NDArray
    private let categories: [Int: [String]]
    private let path: String

    init(names: [String], values: NDArray, categories: [Int: [String]], path: String) {
        self.names = names
        self.values = values
        self.categories = categories
        self.path = path
    }

    /// The table in the bytes of a file.
    package init(
        parsing bytes: [UInt8], separator: UInt8, hasNames: Bool?,
        columns: [CSVColumn]? = nil, categories: [CSVColumn] = [],
        missing: MissingValues = .error, path: String
    ) throws(DataError) {
        let reader = CSVReader(
            separator: separator, hasNames: hasNames, columns: columns, categories: categories,
            missing: missing, path: path)
        let copy = try ReservedBytes(bytes.count, path: path)
        copy.buffer.copyBytes(from: bytes)
        self = try copy.withBytes { bytes throws(DataError) in try reader.table(bytes) }
    }

    /// The different texts of a column that was read as categories, sorted; nil for columns of numbers.
    /// - Throws: `DataError` when there is no such column.
    public func categories(of column: CSVColumn) throws(DataError) -> [String]? {
        categories[try position(column)]
    }

    /// A column as class labels, the others as inputs: f32 `[rows, columns - 1]` and i64 `[rows]`.
    /// - Throws: `DataError` when there is no such column, or a label is no whole number from 0 on.
    public func dataset(label name: String) throws(DataError) -> ArrayDataset {
        try dataset(labelAt: try position(.name(name)))
    }

    /// The same for a column by its number, from 0 on; -1 is the last.
    /// - Throws: `DataError` when there is no such column, or a label is no whole number from 0 on.
    public func dataset(labelColumn: Int) throws(DataError) -> ArrayDataset {
        try dataset(labelAt: try position(.index(labelColumn)))
    }

    /// A column of numbers to be predicted, the others as inputs: f32 `[rows, columns - 1]` and f32
    /// `[rows, 1]`, as losses like `l2Loss` take them.
    /// - Throws: `DataError` when there is no such column.
    public func dataset(target: CSVColumn) throws(DataError) -> ArrayDataset {
        try dataset(targets: [target])
    }

    /// The same for several columns: f32 `[rows, columns - targets]` and f32 `[rows, targets]`.
    /// - Throws: `DataError` when there is no such column, or none is left for inputs.
    public func dataset(targets: [CSVColumn]) throws(DataError) -> ArrayDataset {
        var positions: [Int] = []
        for target in targets { positions.append(try position(target)) }
        guard !positions.isEmpty, Set(positions).count == positions.count else {
            throw DataError(
                .malformed, path: path, "cannot have no targets, or a target twice")
        }
        return ArrayDataset(
            inputs: try numbers(try inputs(beside: positions)), labels: try numbers(positions))
    }

    private func position(_ column: CSVColumn) throws(DataError) -> Int {
        try column.position(among: names, count: values.shape[1], path: path)
    }

    /// The columns that are not named, at least one.
    private func inputs(beside positions: [Int]) throws(DataError) -> [Int] {
        let inputs = (0..<values.shape[1]).filter { !positions.contains($0) }
        guard !inputs.isEmpty else {
            throw DataError(
                .malformed, path: path,
                "has \(values.shape[1]) columns, and none is left for inputs")
        }
        return inputs
    }

    private func dataset(labelAt column: Int) throws(DataError) -> ArrayDataset {
        let inputs = try numbers(try inputs(beside: [column]))
        let labels: NDArray = try array(TensorType(.i64, [values.shape[0]])) {
            bytes, values throws(DataError) in
            let labels = bytes.bindMemory(to: Int64.self)
            for row in labels.indices {
                let value = values[row * self.values.shape[1] + column]
                guard let label = Int64(exactly: value), label >= 0 else {
                    throw DataError(
                        .malformed, path: path,
                        "has the label \(value) in row \(row + 1); expected a whole number from 0 on "
                            + "(dataset(target:) takes any number, categories: texts)")
                }
                labels[row] = label
            }
        }
        return ArrayDataset(inputs: inputs, labels: labels)
    }

    /// Columns as f32 `[rows, columns]`.
    private func numbers(_ columns: [Int]) throws(DataError) -> NDArray {
        try array(TensorType(.f32, [values.shape[0], columns.count])) { bytes, values in
            let numbers = bytes.bindMemory(to: Float.self)
            for row in 0..<self.values.shape[0] {
                for (place, column) in columns.enumerated() {
                    numbers[row * columns.count + place] =
                        Float(values[row * self.values.shape[1] + column])
                }
            }
        }
    }

    /// An array that `fill` makes of this table's numbers.
    private func array(
        _ type: TensorType,
        filledBy fill: (
            UnsafeMutableRawBufferPointer, UnsafeBufferPointer<Double>
        ) throws(DataError) -> Void
    ) throws(DataError) -> NDArray {
        let array = try NDArray(reserving: type, path: path)
        let bytes = UnsafeMutableRawBufferPointer(
            start: array.storage.address, count: type.byteCount)
        do {
            try values.withBytes { try fill(bytes, $0.bindMemory(to: Double.self)) }
        } catch let error as DataError {
            throw error
        } catch {
            throw DataError(.unreadable, path: path, "\(error)")
        }
        return array
    }
}
