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
    private(set) var elements: ContiguousArray<(variable: Variable, access: Access)> = []
    /// Above this many mentions positions are looked up by identity instead of one by one.
    private static let linearLimit = 16

    init(reads: [Variable], updates: [Variable], overwrites: [Variable]) {
        let count = reads.count + updates.count + overwrites.count
        elements.reserveCapacity(count)
        var positions: [ObjectIdentifier: Int]? = count > Self.linearLimit ? [:] : nil
        func add(_ variables: [Variable], _ access: Access) {
            for variable in variables { add(variable, access) }
        }
        func add(_ variable: Variable, _ access: Access) {
            let known =
                if positions != nil {
                    positions![ObjectIdentifier(variable)]
                } else {
                    elements.firstIndex { $0.variable === variable }
                }
            if let known {
                elements[known].access = elements[known].access.merged(with: access)
            } else {
                positions?[ObjectIdentifier(variable)] = elements.count
                elements.append((variable, access))
            }
        }
        add(reads, .read)
        add(updates, .update)
        add(overwrites, .overwrite)
    }

    func contains(_ variable: Variable) -> Bool { elements.contains { $0.variable === variable } }
}
