import BraidPlatform

/// When a job was pushed, in a way that is the same on every engine: the number of the push from outside
/// jobs that it goes back to, then the place among all that goes back to that, each job before what it
/// pushes and after what its parent pushed before it.
struct PushOrder: Sendable {
    /// The number of the outermost push.
    let root: UInt64
    /// A place in the scheduler's table; none for a push from outside jobs, which precedes its descendants.
    var place = OrderTable.none
}

/// Places that failures held, on their way back to the scheduler: failures end anywhere, and their places
/// are under the engine's lock.
final class ReturnedPlaces: Sendable {
    private let places = Locked<[Int]>([])
    /// The number of the engine.
    let engine: UInt32

    init(engine: UInt32) { self.engine = engine }

    func append(_ place: Int) { places.withLock { $0.append(place) } }

    func takeAll() -> [Int] {
        places.withLock { places in
            if places.isEmpty { return [] }
            defer { places = [] }
            return places
        }
    }
}
