/// When a job was pushed, in a way that is the same on every engine: the number of the push from
/// outside jobs that it goes back to, then the position among its parent's pushes, level by level.
struct PushOrder: Comparable, Sendable {
    /// The number of the outermost push.
    let root: UInt64
    /// Positions of nested pushes; empty for a push from outside jobs.
    let path: [UInt32]

    static func < (a: PushOrder, b: PushOrder) -> Bool {
        a.root != b.root ? a.root < b.root : a.path.lexicographicallyPrecedes(b.path)
    }
}
