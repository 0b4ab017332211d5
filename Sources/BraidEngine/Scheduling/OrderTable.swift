/// A row of places into which new ones are put between others, and of which any two are compared at the
/// price of two numbers: order maintenance by labels (Dietz and Sleator, STOC 1987; the relabelling is that
/// of Bender et al., ESA 2002). A place that is given back leaves nothing behind.
package struct OrderTable: Sendable {
    package static let none = -1

    private struct Place {
        /// Grows along the row.
        var label: UInt64
        var previous: Int
        /// The next place of the row, or of the free list.
        var next: Int
    }

    /// Labels are below two to the power of this.
    private static let labelBits = 62
    /// What `append` leaves between neighbours.
    private static let stride: UInt64 = 1 << 32
    /// A range of `2^n` labels is relabelled when it has fewer places than this to the power of `n`.
    private static let fullness = 1.4

    private var places: ContiguousArray<Place> = []
    private var firstFree = none
    private var first = none
    private var last = none
    /// The number of places in the row.
    package private(set) var count = 0

    package init() {}

    /// Whether the first place stands before the second.
    package func precedes(_ a: Int, _ b: Int) -> Bool { places[a].label < places[b].label }

    /// A new place at the end.
    package mutating func append() -> Int { insert(between: last, Self.none) }
    /// A new place right before another.
    package mutating func insert(before place: Int) -> Int {
        insert(between: places[place].previous, place)
    }
    /// A new place right behind another.
    package mutating func insert(after place: Int) -> Int {
        insert(between: place, places[place].next)
    }

    /// Gives a place back.
    package mutating func remove(_ place: Int) {
        let (previous, next) = (places[place].previous, places[place].next)
        if previous == Self.none { first = next } else { places[previous].next = next }
        if next == Self.none { last = previous } else { places[next].previous = previous }
        places[place].next = firstFree
        firstFree = place
        count -= 1
    }

    private mutating func insert(between previous: Int, _ next: Int) -> Int {
        let label = label(between: previous, next)
        let place = Place(label: label, previous: previous, next: next)
        let position: Int
        if firstFree == Self.none {
            position = places.count
            places.append(place)
        } else {
            position = firstFree
            firstFree = places[position].next
            places[position] = place
        }
        if previous == Self.none { first = position } else { places[previous].next = position }
        if next == Self.none { last = position } else { places[next].previous = position }
        count += 1
        return position
    }

    private mutating func label(between previous: Int, _ next: Int) -> UInt64 {
        while true {
            let low = previous == Self.none ? 0 : places[previous].label
            let high = next == Self.none ? 1 << Self.labelBits : places[next].label
            if next == Self.none, high - low > Self.stride { return low + Self.stride }
            if high - low >= 2 { return low + (high - low) / 2 }
            makeRoom(around: previous == Self.none ? next : previous)
        }
    }

    /// Spreads the places of the smallest range of labels around one that is not too full.
    private mutating func makeRoom(around place: Int) {
        var (start, end) = (place, place)
        var count = 1
        var capacity = 1.0
        for bits in 1...Self.labelBits {
            capacity *= Self.fullness
            let size: UInt64 = 1 << bits
            let low = places[place].label & ~(size - 1)
            while places[start].previous != Self.none,
                places[places[start].previous].label >= low
            {
                start = places[start].previous
                count += 1
            }
            while places[end].next != Self.none, places[places[end].next].label - low < size {
                end = places[end].next
                count += 1
            }
            let step = size / UInt64(count + 1)
            guard Double(count) < capacity || bits == Self.labelBits, step >= 4 else { continue }
            var label = low
            var position = start
            for _ in 0..<count {
                label += step
                places[position].label = label
                position = places[position].next
            }
            return
        }
        fatalError("the engine has more nested jobs in flight than it can tell apart")
    }
}
