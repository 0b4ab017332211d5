/// One thing to measure, in one or more ways.
struct BenchmarkCase {
    /// As in `PEERS.md`: the group's letter comes first.
    let name: String
    /// The ways of running it.
    let variants: [Variant]

    /// One way of running a case.
    struct Variant {
        /// Who is measured, as `braid-eager`.
        let peer: String
        /// Makes inputs and networks; run right before it is measured.
        let prepare: () throws -> Workload

        init(_ peer: String, _ prepare: @escaping () throws -> Workload) {
            self.peer = peer
            self.prepare = prepare
        }
    }

    /// What is measured, ready to run.
    struct Workload {
        /// Does the work and waits for its results.
        let run: () throws -> Void
        /// A number that depends on every element of the results; the same for every peer, within
        /// rounding. Called after the first run.
        let checksum: () throws -> Double
        /// How much work a run is.
        var amounts = Amounts()
        /// Of how many equal parts a run consists; times are those of one part.
        var parts = 1
    }

    /// How much work one run is, where that makes sense.
    struct Amounts {
        /// Floating-point operations.
        var floatingPointOperations: Double?
        /// Bytes that must be moved.
        var bytes: Double?
        /// Operators applied.
        var operators: Int?
        /// Samples (sentences, images) processed.
        var items: Int?
    }

    /// The letter that names the group.
    var group: String { String(name.prefix { $0 != "_" }.prefix { $0.isLetter }.prefix(1)) }

    /// All cases in the order in which they run.
    static var all: [BenchmarkCase] {
        engine + smallOperators + matrixProducts + convolutions + pointwise + inference + training
    }
}
