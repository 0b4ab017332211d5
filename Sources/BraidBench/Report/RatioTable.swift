import BraidCommandLine
import Foundation

/// Results of several peers side by side, as a Markdown table: times or, of what is not timed, memory,
/// and how they compare with the best of the others.
struct RatioTable {
    private var rows: [Key: [String: Double]] = [:]
    private var order: [Key] = []

    private struct Key: Hashable {
        let name: String
        let threads: Int
        let isMemory: Bool
    }

    /// Adds the lines of a file. Of several results for the same thing the smallest is taken.
    /// - Throws: `InputError` naming the file and the line.
    mutating func add(contentsOf file: String) throws(InputError) {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw InputError("\(file) cannot be read")
        }
        let lines = String(decoding: data, as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where !line.allSatisfy(\.isWhitespace) {
            let record: BenchmarkRecord
            do {
                record = try JSONDecoder().decode(BenchmarkRecord.self, from: Data(line.utf8))
            } catch {
                throw InputError(
                    "\(file), line \(index + 1), is no result line; expected what braid-bench or a "
                        + "peer's script printed")
            }
            add(record, record.median, isMemory: false)
            if record.median == nil { add(record, record.extra.peakMegabytes, isMemory: true) }
        }
    }

    private mutating func add(_ record: BenchmarkRecord, _ value: Double?, isMemory: Bool) {
        guard let value, value > 0, value.isFinite else { return }
        let key = Key(name: record.benchmarkCase, threads: record.threads, isMemory: isMemory)
        if rows[key] == nil { order.append(key) }
        let known = rows[key]?[record.peer] ?? .infinity
        rows[key, default: [:]][record.peer] = min(known, value)
    }

    /// A table for each group: a row for each case and number of threads that Braid has run, a column for
    /// each peer that has a value there, Braid's own first.
    var markdown: String {
        BenchmarkGroup.allCases.compactMap { group in
            let keys = order.filter {
                $0.name.hasPrefix(group.rawValue) && rows[$0]!.keys.contains(where: Self.isOurs)
            }
            return keys.isEmpty ? nil : "### \(group): \(group.title)\n\n" + table(of: keys)
        }.joined(separator: "\n")
    }

    private func table(of keys: [Key]) -> String {
        let peers = Set(keys.flatMap { rows[$0]!.keys }).sorted()
        let (ours, others) = (peers.filter(Self.isOurs), peers.filter { !Self.isOurs($0) })
        let isCompared = !others.isEmpty
        let header =
            ["case", "threads"] + ours + others + (isCompared ? ["Braid / best peer"] : [])
        var lines = [header, header.map { _ in "---" }]
        for key in keys {
            let values = rows[key]!
            let best = ours.compactMap { values[$0] }.min()!
            let bestOther = others.compactMap { values[$0] }.min()
            let ratio = bestOther.map { String(format: "%.2f", best / $0) } ?? "-"
            lines.append(
                [key.name, "\(key.threads)"]
                    + (ours + others).map { text(values[$0], isMemory: key.isMemory) }
                    + (isCompared ? [ratio] : []))
        }
        return lines.map { "| " + $0.joined(separator: " | ") + " |\n" }.joined()
    }

    private static func isOurs(_ peer: String) -> Bool { peer.hasPrefix("braid") }

    private func text(_ value: Double?, isMemory: Bool) -> String {
        guard let value else { return "-" }
        if isMemory { return String(format: "%.0f MB", value) }
        let (scale, unit) =
            value < 1e-6
            ? (1e9, "ns") : value < 1e-3 ? (1e6, "us") : value < 1 ? (1e3, "ms") : (1, "s")
        return String(format: "%.3g %@", value * scale, unit)
    }
}
