/// What a job does with a variable.
package enum Access: UInt8 {
    /// Reads the contents.
    case read
    /// Replaces the contents without reading them.
    case overwrite
    /// Reads and changes the contents.
    case update
    /// Neither reads nor writes, but keeps others away together with the rest of its program.
    case hold
    /// Comes after the write before it, whether that failed or not.
    case follow
    /// Replaces the contents; a job that fails or is skipped leaves contents and failure as they were.
    case overwriteOrKeep
    /// Reads and changes the contents; a job that fails or is skipped leaves them as they were.
    case updateOrKeep

    var reads: Bool { self == .read || self == .update || self == .updateOrKeep }
    var writes: Bool { self == .overwrite || self == .update || keeps }
    /// Whether the contents stay what they were when the job fails or is skipped.
    var keeps: Bool { self == .overwriteOrKeep || self == .updateOrKeep }
    /// Whether jobs of others have to stay away meanwhile.
    var isExclusive: Bool { self != .read && self != .follow }
    /// Whether the access asks for order alone.
    private var isPassive: Bool { self == .hold || self == .follow }

    /// The access of a job that asks for both.
    func merged(with other: Access) -> Access {
        if self == other || other == .follow || (other == .hold && self != .follow) { return self }
        if isPassive { return other }
        return keeps || other.keeps ? .updateOrKeep : .update
    }
}

/// A run's grip on one variable: an entry in its queue that one or several jobs of the run use.
struct Grip: Sendable {
    let variable: Variable
    /// The strongest access of the jobs that use it.
    var access: Access
    /// Jobs that use it and have not ended.
    var openUses: Int32 = 1
    /// Position in the scheduler's table of entries, from push to release.
    var entry = EntryTable.none
}

/// The grips of a run, in the order of its variables' queues.
struct GripList: Sendable {
    var elements: ContiguousArray<Grip> = []
    /// Above this many mentions positions are looked up by identity instead of one by one.
    private static let linearLimit = 16

    /// No grip at all.
    init() {}

    /// The distinct variables of a job, each with its strongest access, in the order of first
    /// mention.
    init(reads: [Variable], updates: [Variable], overwrites: [Variable]) {
        let count = reads.count + updates.count + overwrites.count
        if count == 0 { return }
        elements.reserveCapacity(count)
        var positions: [ObjectIdentifier: Int]? = count > Self.linearLimit ? [:] : nil
        for variable in reads { add(variable, .read, &positions) }
        for variable in updates { add(variable, .update, &positions) }
        for variable in overwrites { add(variable, .overwrite, &positions) }
    }

    /// The distinct variables of a job, each with the strongest access that is asked for.
    init(_ accesses: [(variable: Variable, access: Access)]) {
        elements.reserveCapacity(accesses.count)
        var positions: [ObjectIdentifier: Int]? = accesses.count > Self.linearLimit ? [:] : nil
        for (variable, access) in accesses { add(variable, access, &positions) }
    }

    private mutating func add(
        _ variable: Variable, _ access: Access, _ positions: inout [ObjectIdentifier: Int]?
    ) {
        let known =
            positions == nil
            ? elements.firstIndex { $0.variable === variable }
            : positions![ObjectIdentifier(variable)]
        if let known {
            elements[known].access = elements[known].access.merged(with: access)
        } else {
            positions?[ObjectIdentifier(variable)] = elements.count
            elements.append(Grip(variable: variable, access: access))
        }
    }

    /// The grips of a program on the variables that its externals stand for.
    init(_ program: Program, _ externals: [Variable]) {
        elements.reserveCapacity(program.segments.count)
        for segment in program.segments {
            elements.append(
                Grip(
                    variable: externals[segment.external], access: segment.access,
                    openUses: segment.useCount))
        }
    }
}
