public import ArgumentParser
import Braid
import BraidCommandLine
import Foundation

/// The `braid-bench` command.
public struct BenchCommand: ParsableCommand {
    /// Name, description and examples.
    public static let configuration = CommandConfiguration(
        commandName: "braid-bench",
        abstract: "Measure Braid, one JSON line per case.",
        discussion: """
            Each case warms up, then runs for at least five samples and 0.3 seconds. A line has the \
            median and the least time of a run in seconds; in "extra" it has the checksum of the \
            results, the time of the very first call (first_call_s: traces and compiles), and \
            "foreign", the share of a core that other processes took meanwhile: above 0.1 the \
            machine was not quiet. Cases of group R run in processes of their own and have the peak \
            of the resident memory there (peak_rss_mb, 2^20 bytes).

            GROUPS
            \(BenchmarkGroup.allCases.map { "  \($0)  \($0.title)" }.joined(separator: "\n"))

            EXAMPLES
              braid-bench --list
              braid-bench --groups M,T --threads 2 > braid.jsonl
              braid-bench --only 'T_lenet.*' --threads 1
              braid-bench --table braid.jsonl torch.jsonl ort.jsonl

            EXIT STATUS
              0 success, 1 a case failed, 2 bad options or files
            """)

    @Option(help: ArgumentHelp("Which groups run. (default: all)", valueName: "E,G,…"))
    var groups: String?

    @Option(
        parsing: .unconditional, help: "Threads that compute. (default: every usable core)")
    var threads: Int?

    @Option(help: ArgumentHelp("Run the cases whose names match.", valueName: "regex"))
    var only: String?

    @Flag(help: "Print the names of the cases and stop.")
    var list = false

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Do not measure: join result files of several peers to a table of ratios.",
            valueName: "file"))
    var table: [String] = []

    @Flag(
        help: ArgumentHelp(
            "Run the one chosen case of group R in this process and report its peak of memory.",
            visibility: .private))
    var alone = false

    @Option(help: ArgumentHelp("Measure this peer's ways only.", visibility: .private))
    var peer: String?

    /// A command with the default options.
    public init() {}

    /// Checks the options.
    /// - Throws: `ValidationError` naming the option.
    public func validate() throws {
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads must be in 1...1024, not \(threads)")
        }
        _ = try chosenCases()
    }

    /// The cases that `--groups` and `--only` leave.
    private func chosenCases() throws(ValidationError) -> [BenchmarkCase] {
        let all = BenchmarkCase.all
        var cases = all
        if let groups {
            let wanted = try groups.split(separator: ",").map { name throws(ValidationError) in
                guard let group = BenchmarkGroup(rawValue: String(name)) else {
                    throw ValidationError(
                        "--groups: there is no group '\(name)'; the groups are "
                            + BenchmarkGroup.allCases.map(\.rawValue).joined(separator: ","))
                }
                return group
            }
            cases = cases.filter { wanted.contains($0.group) }
        }
        if let only {
            guard let pattern = try? Regex(only) else {
                throw ValidationError("--only: '\(only)' is no regular expression")
            }
            cases = cases.filter { $0.name.contains(pattern) }
        }
        guard !cases.isEmpty else {
            throw ValidationError("no case matches; --list shows the names")
        }
        return cases
    }

    /// Measures, lists or makes the table.
    /// - Throws: `InputError` for a file that is no list of results, `ExitCode(1)` after a failed
    ///   case.
    public func run() throws {
        if !table.isEmpty {
            var result = RatioTable()
            for file in table { try result.add(contentsOf: file) }
            return Console.write(result.markdown)
        }
        let cases = try chosenCases()
        if list { return Console.write(cases.map { $0.name + "\n" }.joined()) }
        if let problem = Kernels.selectionProblem { Console.warn("warning: \(problem)") }
        if alone { return try reportAlone(cases[0]) }
        var failed = false
        for benchmarkCase in cases {
            for variant in benchmarkCase.variants {
                let record = measure(benchmarkCase, variant)
                failed = failed || record.extra.error != nil
                Console.write(try record.line() + "\n")
            }
        }
        if failed { throw ExitCode(1) }
    }

    /// Does the work of a case in this process and says how much memory that took.
    private func reportAlone(_ benchmarkCase: BenchmarkCase) throws {
        guard let variant = benchmarkCase.variants.first(where: { $0.peer == peer }) else {
            throw ValidationError("\(benchmarkCase.name) has no peer '\(peer ?? "")'")
        }
        useThreads(of: variant)
        var runs = 1
        if case .memory(let several) = variant.quantity { runs = several }
        let report = try OwnProcess.report(on: variant.prepare(), runs: runs)
        Console.write(String(decoding: try JSONEncoder().encode(report), as: UTF8.self) + "\n")
    }

    private func useThreads(of variant: BenchmarkCase.Variant) {
        let wanted = variant.threads ?? threads
        if let wanted, wanted == Runtime.engine.threads { return }
        Runtime.use(Engine(.threaded(threads: wanted)))
    }

    private func measure(
        _ benchmarkCase: BenchmarkCase, _ variant: BenchmarkCase.Variant
    ) -> BenchmarkRecord {
        useThreads(of: variant)
        let threads = Runtime.engine.threads
        do {
            switch variant.quantity {
            case .time:
                let workload = try variant.prepare()
                let timing = try Stopwatch().time(workload.run)
                let checksum = try workload.checksum()
                guard checksum.isFinite else { throw InputError("the results are not finite") }
                return BenchmarkRecord(
                    benchmarkCase.name, peer: variant.peer, threads: threads, timing,
                    checksum: checksum, workload)
            case .memory:
                let report = try run(benchmarkCase, variant, threads: threads).report
                return BenchmarkRecord(
                    benchmarkCase.name, peer: variant.peer, threads: threads, report)
            case .process:
                // The first one warms up.
                let runs = try (0..<6).map { _ in
                    try run(benchmarkCase, variant, threads: threads)
                }
                return BenchmarkRecord(
                    benchmarkCase.name, peer: variant.peer, threads: threads, runs[0].report,
                    seconds: runs.dropFirst().map(\.seconds).sorted())
            }
        } catch {
            return BenchmarkRecord(
                benchmarkCase.name, peer: variant.peer, threads: threads, error: error)
        }
    }

    /// Runs one case in a process of its own.
    private func run(
        _ benchmarkCase: BenchmarkCase, _ variant: BenchmarkCase.Variant, threads: Int
    ) throws -> (report: OwnProcess.Report, seconds: Double) {
        try OwnProcess.run([
            "--alone", "--only", "^\(benchmarkCase.name)$", "--peer", variant.peer,
            "--threads", "\(threads)",
        ])
    }

    /// Runs the command with the process's arguments and exits: 0 on success, 1 when a case fails, 2 for
    /// bad options and files, 130, 143 or 129 when a signal ended it.
    public static func main() { runToExit() }
}
