import BraidPlatform

/// Rows of text in columns.
struct Table {
    enum Alignment { case left, right }

    private let columns: [(title: String, alignment: Alignment)]
    private var rows: [[String]] = []
    /// The text between columns, and before the first.
    private static let gap = "  "

    init(_ columns: [(title: String, alignment: Alignment)]) { self.columns = columns }

    var isEmpty: Bool { rows.isEmpty }

    /// - Parameter row: names from files among it, which are shown without what a terminal would obey.
    mutating func append(_ row: [String]) { rows.append(row.map(\.printable)) }

    /// The rows, those in the middle left out where there are more than `limit`.
    /// - Parameter width: lines are cut there; nil for any length.
    func text(limit: Int? = nil, width: Int? = nil) -> String {
        let titles = columns.map(\.title)
        var shown = rows[...]
        var tail = rows[rows.endIndex...]
        if let limit, rows.count > limit {
            shown = rows[..<(limit * 2 / 3)]
            tail = rows[(rows.count - (limit - shown.count))...]
        }
        let hasTitles = titles.contains { !$0.isEmpty }
        let widths = columns.indices.map { column in
            ([titles] + shown + tail).map { $0[column].count }.max() ?? 0
        }
        var lines = hasTitles ? [line(titles, widths)] : []
        lines += shown.map { line($0, widths) }
        if shown.count < rows.count {
            let hidden = rows.count - shown.count - tail.count
            lines.append("\(Self.gap)... \(hidden) more (--all shows them) ...")
            lines += tail.map { line($0, widths) }
        }
        return lines.map { line in
            guard let width, line.count > width else { return line + "\n" }
            return line.prefix(max(width - 3, 0)) + "...\n"
        }.joined()
    }

    private func line(_ row: [String], _ widths: [Int]) -> String {
        var line = ""
        for (column, cell) in row.enumerated() {
            let padding = String(repeating: " ", count: widths[column] - cell.count)
            line +=
                Self.gap + (columns[column].alignment == .left ? cell + padding : padding + cell)
        }
        while line.last == " " { line.removeLast() }
        return line
    }
}

/// A whole number with its digits in groups of three: `1,724,320`.
func grouped(_ number: Int) -> String {
    var digits = Array(String(number))
    var position = digits.count - 3
    while position > (number < 0 ? 1 : 0) {
        digits.insert(",", at: position)
        position -= 3
    }
    return String(digits)
}

/// A number with a noun: `1 node`, `3 nodes`.
func counted(_ count: Int, _ noun: String) -> String {
    "\(grouped(count)) \(noun)\(count == 1 ? "" : "s")"
}
