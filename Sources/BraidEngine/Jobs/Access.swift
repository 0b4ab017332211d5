/// What a job does with a variable.
enum Access: UInt8 {
    /// Reads the contents.
    case read
    /// Replaces the contents without reading them.
    case overwrite
    /// Reads and changes the contents.
    case update

    var reads: Bool { self != .overwrite }
    var writes: Bool { self != .read }

    /// The access of a job that asks for both.
    func merged(with other: Access) -> Access { self == other ? self : .update }
}

/// The distinct variables of a job, each with its strongest access, in the order of first mention.
struct AccessList {
    struct Element {
        let variable: Variable
        var access: Access
        /// Position in the scheduler's table of entries, from push to end.
        var entry = EntryTable.none
    }

    var elements: ContiguousArray<Element> = []
    /// Above this many mentions positions are looked up by identity instead of one by one.
    private static let linearLimit = 16

    init(reads: [Variable], updates: [Variable], overwrites: [Variable]) {
        let count = reads.count + updates.count + overwrites.count
        if count == 0 { return }
        elements.reserveCapacity(count)
        var positions: [ObjectIdentifier: Int]? = count > Self.linearLimit ? [:] : nil
        for variable in reads { add(variable, .read, &positions) }
        for variable in updates { add(variable, .update, &positions) }
        for variable in overwrites { add(variable, .overwrite, &positions) }
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
            elements.append(Element(variable: variable, access: access))
        }
    }

    func contains(_ variable: Variable) -> Bool { elements.contains { $0.variable === variable } }
}
