import BraidCore
import BraidPlatform

/// The compiled gradient graphs of the process, by the structure of the records.
///
/// The first record of a structure is differentiated job by job, the second compiles: a program that
/// does something else each time compiles nothing. Bounded in every respect; what was not used for
/// longest goes first.
final class GradientCache: Sendable {
    static let shared = GradientCache()

    /// How many structures, of how many operators in all, have a compiled graph.
    private static let capacity = 64
    private static let sizeLimit = 1 << 15
    /// How many structures are remembered that were seen once.
    private static let sightingLimit = 256

    private struct Entry {
        let hash: Int
        let structure: RecordStructure
        let program: GradientProgram
        var lastUse: UInt64
    }

    private struct State {
        var entries: [Entry] = []
        var clock: UInt64 = 0
        var compilationCount = 0
        /// Hashes of structures that were seen once; a ring.
        var sightings: [Int] = []
        var nextSighting = 0
        /// Hashes of structures that are being compiled.
        var inProgress: [Int] = []
    }

    private let state = Locked(State())

    /// The program for a record of which a gradient is wanted; nil for one to run job by job.
    func program(
        for contents: TapeContents, _ request: RecordStructure.Request
    ) -> GradientProgram? {
        guard let hash = RecordStructure.hash(contents, request) else { return nil }
        var candidates = find(hash)
        let knownCount = candidates.count
        // Compared outside the lock: records may be long.
        while let candidate = candidates.popLast() {
            if candidate.structure.matches(contents, request) { return candidate.program }
        }
        guard shouldCompile(hash, beside: knownCount) else { return nil }
        let structure = RecordStructure(contents, request)
        let program = try? GradientProgram(contents, request)
        insert(
            program.map { Entry(hash: hash, structure: structure, program: $0, lastUse: 0) }, hash)
        return program
    }

    /// How many gradient graphs were compiled.
    var compilationCount: Int { state.withLock { $0.compilationCount } }

    private func find(_ hash: Int) -> [Entry] {
        state.withLock { state in
            state.clock += 1
            var found: [Entry] = []
            for index in state.entries.indices where state.entries[index].hash == hash {
                state.entries[index].lastUse = state.clock
                found.append(state.entries[index])
            }
            return found
        }
    }

    /// Whether the structure was seen before and nobody else compiles it, or has since it was looked for.
    private func shouldCompile(_ hash: Int, beside knownCount: Int) -> Bool {
        state.withLock { state in
            if state.inProgress.contains(hash) { return false }
            if state.entries.count(where: { $0.hash == hash }) > knownCount { return false }
            if state.sightings.contains(hash) {
                state.inProgress.append(hash)
                return true
            }
            if state.sightings.count < Self.sightingLimit {
                state.sightings.append(hash)
            } else {
                state.sightings[state.nextSighting] = hash
                state.nextSighting = (state.nextSighting + 1) % Self.sightingLimit
            }
            return false
        }
    }

    private func insert(_ entry: Entry?, _ hash: Int) {
        // What goes is dropped outside the lock.
        let evicted = state.withLock { state -> [Entry] in
            state.inProgress.removeAll { $0 == hash }
            guard var entry else { return [] }
            state.clock += 1
            state.compilationCount += 1
            entry.lastUse = state.clock
            state.entries.append(entry)
            var evicted: [Entry] = []
            while state.entries.count > 1, Self.isTooLarge(state.entries) {
                let oldest = state.entries.indices.min {
                    state.entries[$0].lastUse < state.entries[$1].lastUse
                }!
                evicted.append(state.entries.remove(at: oldest))
            }
            return evicted
        }
        withExtendedLifetime(evicted) {}
    }

    private static func isTooLarge(_ entries: [Entry]) -> Bool {
        entries.count > capacity || entries.reduce(0) { $0 + $1.structure.size } > sizeLimit
    }
}
