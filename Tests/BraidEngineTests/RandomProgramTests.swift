import BraidEngine
import Testing

/// Values, versions and errors are those of the sequential program, on every engine.
@Suite struct RandomProgramTests {
    @Test(arguments: Engine.Kind.threadCounts)
    func threadedEqualsModel(threads: Int) {
        check(seeds: Effort.count(150, full: 5_000), length: 200) { _ in
            Engine(.threaded(threads: threads))
        }
    }

    @Test func tightLimitsChangeNothing() {
        check(seeds: Effort.count(60, full: 2_000), length: 100) { seed in
            Engine(.threaded(threads: 2), limits: Engine.Limits(jobs: 1 + Int(seed % 4)))
        }
    }

    @Test func serialEqualsModel() {
        check(seeds: Effort.count(200, full: 5_000), length: 100) { _ in Engine(.serial) }
    }

    @Test func simulatedEqualsModel() {
        check(seeds: Effort.count(1_000, full: 100_000), length: 60) { seed in
            Engine(.simulated(seed: seed))
        }
    }

    /// One engine for many programs, so that its tables have holes.
    @Test func reusedEngineEqualsModel() {
        let engine = Engine(.threaded(threads: 2))
        check(seeds: Effort.count(100, full: 2_000), length: 100) { _ in engine }
    }

    private func check(seeds: Int, length: Int, _ engine: (UInt64) -> Engine) {
        ModelComparison.run(seeds: seeds, length: length, programs: 0, engine)
    }
}
