import Braid

/// Jobs by the numbers of the variables that they access.
struct JobList {
    /// A job.
    struct Job {
        var reads: [Int] = []
        /// Read, too.
        var updates: [Int] = []
    }

    private(set) var jobs: [Job] = []
    private(set) var variableCount: Int

    /// The patterns of `shared/peers/engine/bench.h`.
    enum Pattern: String, CaseIterable {
        /// Jobs without variables.
        case independent = "indep"
        /// Each updates a variable of its own.
        case own
        /// All update one variable.
        case chain
        /// A writer, then a hundred readers, again and again.
        case fan
        /// Two variables of a thousand read, a third updated, drawn at random.
        case randomGraph = "rdag"
        /// Training steps of 50 layers: forward, backward, update.
        case train
    }

    /// At least `count` jobs.
    init(_ pattern: Pattern, count: Int) {
        switch pattern {
        case .independent:
            variableCount = 0
            jobs = Array(repeating: Job(), count: count)
        case .own:
            variableCount = count
            jobs = (0..<count).map { Job(updates: [$0]) }
        case .chain:
            variableCount = 1
            jobs = Array(repeating: Job(updates: [0]), count: count)
        case .fan:
            variableCount = 1
            jobs = (0..<count).map { $0 % 101 == 0 ? Job(updates: [0]) : Job(reads: [0]) }
        case .randomGraph:
            variableCount = 1_000
            var random = XorShift64()
            while jobs.count < count {
                let (a, b, c) = (random.below(1_000), random.below(1_000), random.below(1_000))
                if a != b, b != c, a != c { jobs.append(Job(reads: [a, b], updates: [c])) }
            }
        case .train:
            variableCount = 4 * Self.layerCount + 2
            while jobs.count < count { addTrainingStep() }
        }
    }

    private static let layerCount = 50

    private mutating func addTrainingStep() {
        let count = Self.layerCount
        func activation(_ layer: Int) -> Int { layer }
        func cotangent(_ layer: Int) -> Int { count + 1 + layer }
        func parameter(_ layer: Int) -> Int { 2 * count + 2 + layer }
        func gradient(_ layer: Int) -> Int { 3 * count + 2 + layer }
        for layer in 0..<count {
            jobs.append(
                Job(
                    reads: [activation(layer), parameter(layer)], updates: [activation(layer + 1)]))
        }
        for layer in (0..<count).reversed() {
            jobs.append(
                Job(
                    reads: [activation(layer), cotangent(layer + 1), parameter(layer)],
                    updates: [cotangent(layer), gradient(layer)]))
        }
        for layer in 0..<count {
            jobs.append(Job(reads: [gradient(layer)], updates: [parameter(layer)]))
        }
    }
}

/// Marsaglia's xorshift generator (2003), as the peers' programs draw their graphs.
private struct XorShift64 {
    private var state: UInt64 = 88_172_645_463_325_252

    mutating func below(_ bound: UInt64) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state % bound)
    }
}
