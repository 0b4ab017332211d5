/// When a job was pushed, in a way that is the same on every engine: the number of the push from
/// outside jobs that it goes back to, then the position among its parent's pushes, level by level.
struct PushOrder: Comparable, Sendable {
    /// The number of the outermost push.
    private(set) var root: UInt64
    /// Positions of nested pushes; empty for a push from outside jobs.
    private(set) var path: [UInt32]

    /// As of the job that was pushed `distance` jobs later, by the same parent.
    func advanced(by distance: Int) -> PushOrder {
        if distance == 0 { return self }
        var result = self
        if path.isEmpty {
            result.root += UInt64(distance)
        } else {
            result.path[path.count - 1] += UInt32(distance)
        }
        return result
    }

    /// The child of a number.
    func child(_ number: UInt32) -> PushOrder { PushOrder(root: root, path: path + [number]) }

    static func < (a: PushOrder, b: PushOrder) -> Bool {
        a.root != b.root ? a.root < b.root : a.path.lexicographicallyPrecedes(b.path)
    }
}
