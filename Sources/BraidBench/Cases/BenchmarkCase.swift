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
        /// What is measured.
        let quantity: Quantity
        /// How many threads compute, where that is the case's and not the user's to choose.
        let threads: Int?
        /// Makes inputs and networks; run right before they are measured.
        let prepare: () throws -> Workload

        init(
            _ peer: String, _ quantity: Quantity = .time, threads: Int? = nil,
            _ prepare: @escaping () throws -> Workload
        ) {
            self.peer = peer
            self.quantity = quantity
            self.threads = threads
            self.prepare = prepare
        }
    }

    /// What may be measured.
    enum Quantity {
        /// The time of a run.
        case time
        /// The peak of the resident memory of a process that does so many runs.
        case memory(runs: Int)
        /// The time from the start to the end of a process that does one run.
        case process
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

    /// The group by the name's first letter.
    var group: BenchmarkGroup { BenchmarkGroup(rawValue: String(name.prefix(1)))! }

    /// All cases in the order in which they run.
    static var all: [BenchmarkCase] {
        engine + smallOperators + matrixProducts + convolutions + pointwise + inference + training
            + footprints + dataParallel
    }
}
