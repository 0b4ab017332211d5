import Braid
import BraidCommandLine
import Foundation

/// A list of jobs, ready to be run by an engine of its own.
final class EngineRun: Sendable {
    /// How jobs get to the engine.
    enum Path: String, CaseIterable {
        /// Pushed one by one; lists and body exist before.
        case queued = ""
        /// Run on the pushing thread with inline grants.
        case inline = "_inline"
        /// Pushed one by one; lists and a closure are made for each.
        case closure = "_closure"
        /// All pushed at once as a prebuilt program.
        case program = "_program"
    }

    private let list: JobList
    private let path: Path
    private let engine: Engine
    private let variables: [Variable]
    private let accesses: [(reads: [Variable], updates: [Variable])]
    private let program: Program?

    /// - Parameter threads: workers beside the pushing thread, which waits without helping.
    init(_ list: JobList, _ path: Path, threads: Int) {
        self.list = list
        self.path = path
        // No push waits for room: it would help meanwhile.
        engine = Engine(
            .threaded(threads: threads), limits: Engine.Limits(jobs: list.jobs.count + 1))
        let variables = (0..<list.variableCount).map { _ in Variable() }
        self.variables = variables
        accesses = list.jobs.map { job in
            (job.reads.map { variables[$0] }, job.updates.map { variables[$0] })
        }
        guard path == .program else {
            program = nil
            return
        }
        var builder = Program.Builder(externals: list.variableCount)
        for job in list.jobs {
            builder.add(
                "job", reads: job.reads.map { builder.externals[$0] },
                updates: job.updates.map { builder.externals[$0] })
        }
        program = builder.built()
    }

    /// Runs every job, from the first push to the end of the last, with `body` given its number.
    func callAsFunction(_ body: @escaping @Sendable (Int) -> Void) {
        switch path {
        case .queued:
            let shared: @Sendable () -> Void = { body(0) }
            for access in accesses {
                engine.push(
                    "job", reads: access.reads, updates: access.updates, context: .kernel,
                    shared)
            }
        case .closure: pushClosures(body)
        case .inline:
            for number in accesses.indices { runInline(number, body) }
            return
        case .program:
            engine.push(
                program!, label: "jobs", externals: variables, context: .kernel, body)
        }
        waitWithoutHelping()
    }

    /// As a run, but each job knows its number, on every path.
    func runNumbered(_ body: @escaping @Sendable (Int) -> Void) {
        if path != .queued { return self(body) }
        pushClosures(body)
        waitWithoutHelping()
    }

    private func pushClosures(_ body: @escaping @Sendable (Int) -> Void) {
        for (number, job) in list.jobs.enumerated() {
            engine.push(
                "job", reads: job.reads.map { variables[$0] },
                updates: job.updates.map { variables[$0] }, context: .kernel
            ) { body(number) }
        }
    }

    private func runInline(_ number: Int, _ body: (Int) -> Void) {
        let (reads, updates) = accesses[number]
        for variable in reads where !variable.tryBeginRead() { fatalError("a reader met a job") }
        for variable in updates where !variable.tryBeginWrite() { fatalError("a writer met a job") }
        body(number)
        for variable in updates { variable.endWrite() }
        for variable in reads { variable.endRead() }
    }

    /// Looks now and then, for a thread that waits for the engine would take part.
    private func waitWithoutHelping() {
        while true {
            let counters = engine.counters
            if counters.completed == counters.pushed { return }
            usleep(20)
        }
    }
}

extension BenchmarkCase {
    /// Group N: the engine alone. Times are those of one job, from the first push to the end of the
    /// last job.
    static var engine: [BenchmarkCase] {
        JobList.Pattern.allCases.flatMap { pattern in
            JobBody.allCases.flatMap { body in
                EngineRun.Path.allCases.map { engineCase(pattern, body, $0) }
            }
        }
    }

    private static func engineCase(
        _ pattern: JobList.Pattern, _ body: JobBody, _ path: EngineRun.Path
    ) -> BenchmarkCase {
        let name = "N_\(pattern.rawValue)_\(body.rawValue)\(path.rawValue)"
        let variant = Variant("braid-engine") {
            let threads = Runtime.engine.threads
            let list = JobList(pattern, count: body.jobCount)
            let run = EngineRun(list, path, threads: threads)
            let spinCount = body.spinCount
            return Workload(
                run: {
                    if spinCount == 0 { run { _ in } } else { run { _ in Spin.run(spinCount) } }
                },
                checksum: { try orderChecksum(pattern, path, threads: threads) },
                amounts: Amounts(operators: list.jobs.count), parts: list.jobs.count)
        }
        return BenchmarkCase(name: name, variants: [variant])
    }

    /// What the jobs of a short list leave in their variables.
    /// - Throws: when it is not what they leave one after the other.
    private static func orderChecksum(
        _ pattern: JobList.Pattern, _ path: EngineRun.Path, threads: Int
    ) throws -> Double {
        let list = JobList(pattern, count: 3_000)
        let (expected, found) = (
            OrderTrace(variableCount: list.variableCount),
            OrderTrace(variableCount: list.variableCount)
        )
        for (number, job) in list.jobs.enumerated() { expected.note(number, job) }
        EngineRun(list, path, threads: threads).runNumbered { found.note($0, list.jobs[$0]) }
        guard expected.checksum == found.checksum else {
            throw InputError("the jobs ran in a wrong order")
        }
        return found.checksum
    }
}
