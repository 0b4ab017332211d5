import BraidFormats
import BraidPlatform

/// The different texts of columns, numbered as they come while a file is read.
struct CSVCategories {
    let path: String
    private var numbers: [Int: [String: Int]] = [:]
    private var reservations: [MemoryReservation] = []
    /// Bytes that are reserved and not used yet.
    private var room = 0

    /// Bytes that a text may take beside its own.
    private static let entryByteCount = 128
    private static let stepByteCount = 1 << 16

    init(path: String) { self.path = path }

    /// The number of a text in a column.
    mutating func index(of text: String, inColumn column: Int) throws(DataError) -> Int {
        if let index = numbers[column]?[text] { return index }
        let byteCount = text.utf8.count + Self.entryByteCount
        if byteCount > room {
            let step = max(byteCount, Self.stepByteCount)
            reservations.append(try MemoryBudget.reserve(step, path: path))
            room += step
        }
        room -= byteCount
        let index = numbers[column]?.count ?? 0
        numbers[column, default: [:]][text] = index
        return index
    }

    /// Numbers the texts of each column in their order, in the rows of a table, too.
    /// - Returns: the texts by column.
    func sort(
        _ columns: [Int], in values: UnsafeMutableBufferPointer<Double>, columnCount: Int,
        rowCount: Int
    ) -> [Int: [String]] {
        var lists: [Int: [String]] = [:]
        for column in columns {
            let texts = numbers[column] ?? [:]
            let sorted = texts.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            var order = [Double](repeating: 0, count: sorted.count)
            for (position, text) in sorted.enumerated() { order[texts[text]!] = Double(position) }
            for row in 0..<rowCount {
                let place = row * columnCount + column
                if !values[place].isNaN { values[place] = order[Int(values[place])] }
            }
            lists[column] = sorted
        }
        return lists
    }
}
