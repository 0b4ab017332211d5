import BraidEngine
import Testing

/// A push of a program means what pushing its jobs one by one means, on every engine: values,
/// versions and failures are those of the sequential model, which knows no programs.
@Suite struct ProgramDifferentialTests {
    @Test(arguments: Engine.Kind.threadCounts)
    func threadedEqualsModel(threads: Int) {
        check(seeds: Effort.count(200, full: 10_000)) { _ in Engine(.threaded(threads: threads)) }
    }

    @Test func tightLimitsChangeNothing() {
        check(seeds: Effort.count(100, full: 5_000)) { seed in
            Engine(.threaded(threads: 2), limits: Engine.Limits(jobs: 1 + Int(seed % 20)))
        }
    }

    @Test func serialEqualsModel() {
        check(seeds: Effort.count(200, full: 10_000)) { _ in Engine(.serial) }
    }

    @Test func simulatedEqualsModel() {
        check(seeds: Effort.count(1_000, full: 50_000)) { seed in Engine(.simulated(seed: seed)) }
    }

    @Test func reusedEngineEqualsModel() {
        let engine = Engine(.threaded(threads: 2))
        check(seeds: Effort.count(100, full: 5_000)) { _ in engine }
    }

    private func check(seeds: Int, _ engine: (UInt64) -> Engine) {
        ModelComparison.run(seeds: seeds, length: 40, programs: 0.4, engine)
    }
}
