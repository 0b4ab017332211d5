import BraidPlatform

extension Program {
    /// Collects the jobs of a program in the order in which they would be pushed.
    public struct Builder: Sendable {
        /// The slots that are bound to variables at each push.
        public let externals: [Slot]
        private var slotCount: Int
        private var jobs: [InnerJob] = []

        /// A program without jobs.
        /// - Parameter externals: the number of slots that are bound at each push.
        public init(externals: Int) {
            invariant(externals >= 0, "a program cannot have \(externals) externals")
            self.externals = (0..<externals).map { Slot(index: $0) }
            slotCount = externals
        }

        /// The number of jobs added so far.
        public var jobCount: Int { jobs.count }

        /// A new inner value: something that only jobs of this program access, such as a range of
        /// its arena. Its contents are undefined before a job overwrites it, at every push.
        public mutating func slot() -> Slot {
            defer { slotCount += 1 }
            return Slot(index: slotCount)
        }

        /// Adds a job.
        ///
        /// As with a plain push, a slot in several lists, or twice in one, is accessed once.
        /// - Parameters:
        ///   - label: what errors and reports call the job.
        ///   - reads: slots whose contents the job reads.
        ///   - updates: slots whose contents the job reads and changes.
        ///   - overwrites: slots whose contents the job replaces.
        ///   - holds: externals that no other job than the program's may access from the first job
        ///     that names them here to the last, while those run in any order: what a lease stands
        ///     for. Holding is neither reading nor writing: version and failure stay as they are.
        ///   - follows: slots after whose last write the job comes, whether that failed or not.
        ///   - keeps: slots whose contents the job replaces, and which stay as they were when it
        ///     fails or is skipped. A body that fails must not have changed them.
        ///   - priority: among ready jobs the highest runs first.
        /// - Returns: the job's number, by which the body knows it.
        /// - Precondition: the slots are of this builder, and held ones are externals.
        @discardableResult
        public mutating func add(
            _ label: String, reads: [Slot] = [], updates: [Slot] = [], overwrites: [Slot] = [],
            holds: [Slot] = [], follows: [Slot] = [], keeps: [Slot] = [], priority: Int = 0
        ) -> Int {
            var accesses: [(slot: Int, access: Access)] = []
            for (slots, access) in [
                (reads, Access.read), (updates, .update), (overwrites, .overwrite), (holds, .hold),
                (follows, .follow), (keeps, .overwriteOrKeep),
            ] {
                for slot in slots {
                    invariant(
                        slot.index < slotCount,
                        "job '\(label)' names slot \(slot.index) of a builder with \(slotCount)")
                    invariant(
                        access != .hold || slot.index < externals.count,
                        "job '\(label)' holds slot \(slot.index), which is not external")
                    accesses.append((slot.index, access))
                }
            }
            jobs.append(
                InnerJob(label: label, priority: priority, accesses: accesses.mergingSlots()))
            return jobs.count - 1
        }

        /// The program of the jobs added so far.
        public func built() -> Program {
            Program(jobs, externalCount: externals.count, slotCount: slotCount)
        }
    }
}
