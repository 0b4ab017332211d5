public import ArgumentParser
import Braid
import BraidCommandLine

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
            machine was not quiet.

            GROUPS
              N the engine (per job), E small operators, G matrix products, C convolutions,
              P pointwise and row operators, M predictions, T training steps

            EXAMPLES
              braid-bench --list
              braid-bench --groups M,T --threads 2 > braid.jsonl
              braid-bench --only 'T_lenet.*' --threads 1
              braid-bench --table braid.jsonl torch.jsonl

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
        var known: [String] = []
        for group in all.map(\.group) where !known.contains(group) { known.append(group) }
        var cases = all
        if let groups {
            let wanted = groups.split(separator: ",").map(String.init)
            if let stranger = wanted.first(where: { !known.contains($0) }) {
                throw ValidationError(
                    "--groups: there is no group '\(stranger)'; the groups are "
                        + known.joined(separator: ","))
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
        Runtime.use(Engine(.threaded(threads: threads)))
        if let problem = Kernels.selectionProblem { Console.warn("warning: \(problem)") }
        var failed = false
        for benchmarkCase in cases {
            for variant in benchmarkCase.variants {
                let record = measure(benchmarkCase, variant)
                failed = failed || record.median == nil
                Console.write(try record.line() + "\n")
            }
        }
        if failed { throw ExitCode(1) }
    }

    private func measure(
        _ benchmarkCase: BenchmarkCase, _ variant: BenchmarkCase.Variant
    ) -> BenchmarkRecord {
        let threads = Runtime.engine.threads
        do {
            let workload = try variant.prepare()
            let timing = try Stopwatch().time(workload.run)
            let checksum = try workload.checksum()
            guard checksum.isFinite else { throw InputError("the results are not finite") }
            return BenchmarkRecord(
                benchmarkCase.name, peer: variant.peer, threads: threads, timing,
                checksum: checksum, workload)
        } catch {
            return BenchmarkRecord(
                benchmarkCase.name, peer: variant.peer, threads: threads, error: error)
        }
    }

    /// Runs the command with the process's arguments and exits: 0 on success, 1 when a case fails, 2 for
    /// bad options and files, 130 when interrupted.
    public static func main() { runToExit(interruptsAtOnce: true) }
}
