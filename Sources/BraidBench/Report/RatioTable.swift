import BraidCommandLine
import Foundation

/// Results of several peers side by side, as a Markdown table: times, and how they compare with the
/// fastest of the others.
struct RatioTable {
    private var rows: [Key: [String: Double]] = [:]
    private var order: [Key] = []

    private struct Key: Hashable {
        let name: String
        let threads: Int
    }

    /// Adds the lines of a file. Of several results for the same thing the smaller median is taken.
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
            guard let median = record.median, median > 0, median.isFinite else { continue }
            let key = Key(name: record.benchmarkCase, threads: record.threads)
            if rows[key] == nil { order.append(key) }
            let known = rows[key]?[record.peer] ?? .infinity
            rows[key, default: [:]][record.peer] = min(known, median)
        }
    }

    /// The table, one row for each case and number of threads that Braid has run.
    var markdown: String {
        var lines = [
            "| case | threads | Braid eager | Braid hybrid | fastest peer | time | Braid / peer |",
            "| --- | --- | --- | --- | --- | --- | --- |",
        ]
        for key in order {
            let times = rows[key]!
            let ours = times.filter { $0.key.hasPrefix("braid") }
            guard let best = ours.values.min() else { continue }
            let peer = times.filter { !$0.key.hasPrefix("braid") }
                .min { ($0.value, $0.key) < ($1.value, $1.key) }
            let cells = [
                key.name, "\(key.threads)", time(ours["braid-eager"]), time(ours["braid-hybrid"]),
                peer?.key ?? "-", time(peer?.value),
                peer.map { String(format: "%.2f", best / $0.value) } ?? "-",
            ]
            lines.append("| " + cells.joined(separator: " | ") + " |")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func time(_ seconds: Double?) -> String {
        guard let seconds else { return "-" }
        let (scale, unit) =
            seconds < 1e-6
            ? (1e9, "ns") : seconds < 1e-3 ? (1e6, "us") : seconds < 1 ? (1e3, "ms") : (1, "s")
        return String(format: "%.3g %@", seconds * scale, unit)
    }
}
