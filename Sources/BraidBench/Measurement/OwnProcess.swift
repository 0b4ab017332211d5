import BraidCommandLine
import Foundation

/// Measures work in a process of its own: this program, asked to do the work and nothing else.
enum OwnProcess {
    /// What the process says of itself, as a line of JSON.
    struct Report: Codable {
        let checksum: Double
        let peakMegabytes: Double
    }

    /// Does the work in this process.
    static func report(on workload: BenchmarkCase.Workload, runs: Int) throws -> Report {
        for _ in 0..<runs { try workload.run() }
        // Before the checksum, which copies the results.
        let peak = peakResidentMegabytes
        return Report(checksum: try workload.checksum(), peakMegabytes: peak)
    }

    /// Runs this program with other arguments. What it writes to standard error appears on this process's.
    /// - Returns: what it reports, and seconds from its start to its end.
    /// - Throws: `InputError` when it fails.
    static func run(_ arguments: [String]) throws -> (report: Report, seconds: Double) {
        let process = Process()
        let output = Pipe()
        process.executableURL = Bundle.main.executableURL
        process.arguments = arguments
        process.standardOutput = output
        let start = ContinuousClock.now
        try process.run()
        // The other end closes with the process.
        let line = try output.fileHandleForReading.readToEnd() ?? Data()
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw InputError("its process ended with status \(process.terminationStatus)")
        }
        return (try JSONDecoder().decode(Report.self, from: line), seconds)
    }

    /// Megabytes (2^20 bytes) of this program's file.
    static var programMegabytes: Double? {
        let path = Bundle.main.executablePath ?? ""
        let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? NSNumber
        return size.map { $0.doubleValue / 1_048_576 }
    }

    /// `VmHWM:   12345 kB` of /proc/self/status, in units of 2^20 bytes; 0 where there is none.
    private static var peakResidentMegabytes: Double {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line?.split(separator: " ").compactMap { Double($0) }.first.map { $0 / 1_024 } ?? 0
    }
}
