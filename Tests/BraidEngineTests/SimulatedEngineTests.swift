import BraidEngine
import BraidPlatform
import Testing

/// The engine that replays.
@Suite struct SimulatedEngineTests {
    /// The order in which the jobs and pieces of one program run.
    private func trace(seed: UInt64) throws -> [Int] {
        let engine = Engine(.simulated(seed: seed))
        let order = Locked<[Int]>([])
        let variables = (0..<4).map { _ in Variable() }
        for number in 0..<40 {
            engine.push("job", updates: [variables[number % 4]]) {
                order.withLock { $0.append(number) }
                if number % 8 == 0 {
                    engine.parallelFor(3) { piece in order.withLock { $0.append(1_000 + piece) } }
                    let variable = Variable()
                    for child in 0..<3 {
                        engine.push("child", reads: [variable]) {
                            order.withLock { $0.append(100 * (child + 1)) }
                        }
                    }
                    engine.push("last", updates: [variable]) {}
                    try engine.wait(for: variable)
                }
            }
        }
        try engine.waitAll()
        return order.withLock { $0 }
    }

    @Test func sameSeedSameTrace() throws {
        for seed in 0..<UInt64(20) {
            let first = try trace(seed: seed)
            #expect(first.count == 40 + 5 * 6)
            for _ in 0..<3 { #expect(try trace(seed: seed) == first, "seed \(seed)") }
        }
    }

    @Test func seedsDiffer() throws {
        let traces = Set(try (0..<UInt64(50)).map(trace))
        #expect(traces.count > 45)
    }

    /// Every order that the variables allow comes up.
    @Test func allOrdersComeUp() throws {
        var orders: Set<[Int]> = []
        for seed in 0..<UInt64(400) {
            let engine = Engine(.simulated(seed: seed))
            let order = Locked<[Int]>([])
            for number in 0..<4 { engine.push("job") { order.withLock { $0.append(number) } } }
            try engine.waitAll()
            orders.insert(order.withLock { $0 })
        }
        #expect(orders.count == 24)
    }

    /// Jobs do not all wait for the end, nor all run at their push.
    @Test func jobsRunBetweenPushes() throws {
        var counts: Set<UInt64> = []
        for seed in 0..<UInt64(50) {
            let engine = Engine(.simulated(seed: seed))
            for _ in 0..<10 { engine.push("job") {} }
            counts.insert(engine.counters.completed)
        }
        #expect(counts.count > 5)
    }
}
