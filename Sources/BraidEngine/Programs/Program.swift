import BraidPlatform

/// Jobs that are pushed together, again and again, and whose order among themselves is worked out
/// once.
///
/// One push of a program means what pushing its jobs one after the other, in the order of their
/// `add`s and with no other push in between, would mean: the same values, versions and failures, and
/// the same freedom to overlap. Its slots stand for variables: the externals are bound to variables
/// of the engine at each push, the others are values that only the program's own jobs see.
///
/// An external is asked for when the first jobs that name it are reached and let go after the last
/// ones: other jobs run before the program's end where it has nothing left to do, and the program
/// starts before all its externals are free.
///
/// ```swift
/// var builder = Program.Builder(externals: 2)
/// let (input, output) = (builder.externals[0], builder.externals[1])
/// let hidden = builder.slot()
/// builder.add("first", reads: [input], overwrites: [hidden])
/// builder.add("second", reads: [hidden], overwrites: [output])
/// let program = builder.built()
/// let (x, y) = (Variable(), Variable())
/// engine.push(program, label: "both", externals: [x, y]) { job in … }
/// ```
public final class Program: Sendable {
    /// What the jobs of a program access: a variable that is bound at the push, or an inner value.
    public struct Slot: Hashable, Sendable {
        /// The position among the program's slots; externals come first.
        public let index: Int
    }

    /// One job, as it was added.
    struct InnerJob: Sendable {
        let label: String
        let priority: Int
        /// By slot, each with the strongest access that was asked for.
        var accesses: [(slot: Int, access: Access)]
    }

    /// What a job does with a grip.
    struct Use: Sendable {
        let grip: Int
        let access: Access
    }

    /// What a job does with an inner value.
    struct SlotUse: Sendable {
        let slot: Int
        let access: Access
    }

    /// A stretch of jobs for which one external needs one entry in its variable's queue.
    struct Segment: Sendable {
        let external: Int
        let access: Access
        let useCount: Int32
    }

    /// The number of variables that a push binds.
    public let externalCount: Int
    let jobs: [InnerJob]
    let segments: [Segment]
    /// By job, what it does with externals. The grips of a run are numbered as the segments.
    let uses: ListTable<Use>
    /// By job.
    let slotUses: ListTable<SlotUse>
    /// By segment, the jobs that use it.
    let users: ListTable<Int32>
    /// By segment, the jobs that wait for its grant; the other users come after one of them anyway.
    let gated: ListTable<Int32>
    /// By job.
    let predecessors: ListTable<Int32>
    /// By job.
    let successors: ListTable<Int32>
    let innerSlotCount: Int
    /// At the push, before any grant.
    let initialStates: ContiguousArray<JobState>
    /// Jobs that wait for nothing.
    let free: [Int]
    /// For externals of which some are bound to one variable, the latest.
    let merged = Locked<[(aliases: [Int], program: Program)]>([])

    /// The number of jobs.
    public var jobCount: Int { jobs.count }

    init(_ jobs: [InnerJob], externalCount: Int, slotCount: Int) {
        let layout = ProgramLayout(jobs, externalCount: externalCount, slotCount: slotCount)
        self.jobs = jobs
        self.externalCount = externalCount
        innerSlotCount = slotCount - externalCount
        segments = layout.segments
        uses = ListTable(layout.uses)
        users = ListTable(layout.users)
        gated = ListTable(layout.gated)
        predecessors = ListTable(layout.predecessors)
        slotUses = ListTable(
            jobs.map { job in
                job.accesses.filter { $0.slot >= externalCount }
                    .map { SlotUse(slot: $0.slot - externalCount, access: $0.access) }
            })
        var successors: [[Int32]] = Array(repeating: [], count: jobs.count)
        var missing = layout.predecessors.map { Int32($0.count) }
        for (job, predecessors) in layout.predecessors.enumerated() {
            for predecessor in predecessors { successors[Int(predecessor)].append(Int32(job)) }
        }
        for job in layout.gated.joined() { missing[Int(job)] += 1 }
        self.successors = ListTable(successors)
        initialStates = ContiguousArray(missing.map { JobState(missing: $0) })
        free = missing.indices.filter { missing[$0] == 0 }
    }
}
