import BraidPlatform

extension Program {
    /// Programs for externals that share variables are few; more than this are not kept.
    private static let mergedLimit = 8

    /// The same jobs for externals of which some are bound to the same variable: those become one.
    func merging(_ externals: [Variable]) -> Program {
        guard let aliases = Self.aliases(of: externals) else { return self }
        if let known = merged.withLock({ $0.first { $0.aliases == aliases }?.program }) {
            return known
        }
        let program = Program(
            jobs.map { job in
                var job = job
                job.accesses = job.accesses.map { ($0 < externalCount ? aliases[$0] : $0, $1) }
                    .mergingSlots()
                return job
            }, externalCount: externalCount, slotCount: externalCount + innerSlotCount)
        merged.withLock { known in
            if known.count == Self.mergedLimit { known.removeFirst() }
            known.append((aliases, program))
        }
        return program
    }

    /// For every external the first that is bound to the same variable; nil if all differ.
    private static func aliases(of externals: [Variable]) -> [Int]? {
        if externals.count <= 16 {
            let differ = externals.indices.allSatisfy { index in
                !externals[..<index].contains { $0 === externals[index] }
            }
            if differ { return nil }
        }
        var first = Dictionary(minimumCapacity: externals.count) as [ObjectIdentifier: Int]
        for (index, external) in externals.enumerated()
        where first[ObjectIdentifier(external)] == nil {
            first[ObjectIdentifier(external)] = index
        }
        if first.count == externals.count { return nil }
        return externals.map { first[ObjectIdentifier($0)]! }
    }
}

extension [(slot: Int, access: Access)] {
    /// Each slot once, with the strongest access.
    func mergingSlots() -> Self {
        var result: Self = []
        var positions: [Int: Int] = [:]
        for (slot, access) in self {
            if let known = positions.updateValue(positions[slot] ?? result.count, forKey: slot) {
                result[known].access = result[known].access.merged(with: access)
            } else {
                result.append((slot, access))
            }
        }
        return result
    }
}
