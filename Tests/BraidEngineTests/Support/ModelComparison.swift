import BraidEngine
import Testing

/// Random programs on engines against the sequential model.
enum ModelComparison {
    /// - Parameters:
    ///   - programs: how many of the pushes push programs.
    ///   - io: how many of the jobs run on the io lane.
    static func run(
        seeds: Int, length: Int, programs: Double, io: Double = 0, _ engine: (UInt64) -> Engine
    ) {
        Watchdog.run(seconds: 1_800) { watchdog in
            for seed in 0..<UInt64(seeds) {
                let program = RandomProgram(seed: seed, length: length, programs: programs, io: io)
                let engine = engine(seed)
                let note = "\(engine.kind), seed \(seed)"
                watchdog.observe(engine, note)
                let result = ProgramRun.result(of: program, on: engine)
                let expected = SequentialModel(program).result
                #expect(result.reports == expected.reports, "\(note)")
                #expect(result.outcomes == expected.outcomes, "\(note)")
                #expect(result.values == expected.values, "\(note)")
                #expect(result.versions == expected.versions, "\(note)")
                #expect(result.errors == expected.errors, "\(note)")
                if result != expected { return }
            }
        }
    }
}
