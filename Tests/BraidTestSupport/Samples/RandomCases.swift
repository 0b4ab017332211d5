package import BraidCore

/// Where random elements come from.
package struct Domain: Sendable {
    /// The interval of floating-point elements.
    package var low: Double
    package var high: Double
    /// Points that elements of small cases keep clear of, because a derivative jumps there.
    package var kinks: [Double]
    /// Numbers that cases of any size have now and then; with any, integers have their dtype's limits.
    package var specials: [Double]
    /// The interval of integer elements, as far as the dtype reaches.
    package var integers: ClosedRange<Int128>

    package init(
        low: Double = -3, high: Double = 3, kinks: [Double] = [],
        specials: [Double] = Domain.extreme, integers: ClosedRange<Int128> = -9...9
    ) {
        self.low = low
        self.high = high
        self.kinks = kinks
        self.specials = specials
        self.integers = integers
    }

    package static let nonFinite: [Double] = [.nan, .infinity, -.infinity]
    package static let extreme: [Double] =
        nonFinite + [
            0.0, -0.0, 1, -1, 0.5, -0.5, 1e-39, -1e-39, 1e-20, 1e30, -1e30, 80, -80, 100, -100,
        ]

    package static let positive = Domain(low: 0.2, high: 3, integers: 1...9)
}

extension SeededGenerator {
    /// A random shape of a rank; a large one has about `largeCount` elements and a rank above 0.
    package mutating func shape(
        _ ranks: ClosedRange<Int>, _ size: CaseSize, largeCount: Int = 70_000
    ) -> Shape {
        let rank = size == .large ? max(int(ranks), 1) : int(ranks)
        let limit = size == .small ? 12 : 600
        var extents: [Int] = []
        for _ in 0..<rank {
            let room = max(1, limit / max(1, extents.reduce(1, *)))
            switch size {
            case .small: extents.append(int(1...min(3, room)))
            default:
                let extent =
                    oneIn(16) ? 0 : oneIn(5) ? 1 : oneIn(6) ? int(1...room) : int(1...min(9, room))
                extents.append(min(extent, room))
            }
        }
        if size == .large { enlarge(&extents, to: largeCount) }
        return Shape(extents)
    }

    /// Makes one extent so large that there are about `count` elements.
    private mutating func enlarge(_ extents: inout [Int], to count: Int) {
        extents = extents.map { max(1, min($0, 9)) }
        let axis = int(0...extents.count - 1)
        extents[axis] = 1
        extents[axis] = count / extents.reduce(1, *) + 1
    }

    /// A shape that broadcasts to another: without some leading dimensions, with extents of 1.
    package mutating func broadcastable(to shape: Shape) -> Shape {
        if oneIn(3) { return shape }
        let kept = shape.extents.dropFirst(int(0...shape.rank))
        return Shape(kept.map { oneIn(3) ? 1 : $0 })
    }

    /// An array of random elements.
    package mutating func array(
        _ dtype: DType, _ shape: Shape, _ domain: Domain = Domain(), _ size: CaseSize
    ) -> HostArray {
        let isSpecial = !domain.specials.isEmpty && size == .any && oneIn(4)
        let elements = (0..<shape.elementCount).map { _ -> HostElement in
            if dtype.isFloating { return .real(real(dtype, domain, isSpecial, size)) }
            let limits = dtype.integerLimits
            if isSpecial, oneIn(6) {
                return .integer(
                    pick([limits.lowerBound, limits.upperBound, limits.upperBound / 2]))
            }
            let range = domain.integers.clamped(to: limits)
            return .integer(Int128.random(in: range, using: &self))
        }
        var array = HostArray(TensorType(dtype, shape), elements)
        // Equal elements along an axis let the array be laid out with stride 0.
        if size != .small, shape.rank > 0, oneIn(5) {
            let axis = int(0...shape.rank - 1)
            let source = array
            array = HostArray(array.type) { index in
                var first = index
                first[axis] = 0
                return source[first]
            }
        }
        return array
    }

    private mutating func real(
        _ dtype: DType, _ domain: Domain, _ isSpecial: Bool, _ size: CaseSize
    ) -> Double {
        if isSpecial, oneIn(6) { return pick(domain.specials) }
        while true {
            let value = double(domain.low, domain.high)
            if size != .small || domain.kinks.allSatisfy({ abs(value - $0) > 0.05 }) {
                return value
            }
        }
    }

    /// An array whose elements are well apart from one another, in random order: no order among
    /// them changes within the step of a central difference. Larger arrays have ties.
    package mutating func distinctArray(_ dtype: DType, _ shape: Shape, _ size: CaseSize)
        -> HostArray
    {
        if size != .small { return array(dtype, shape, Domain(integers: -4...4), size) }
        let count = shape.elementCount
        let ranks = (0..<count).shuffled(using: &self)
        if !dtype.isFloating { return HostArray(dtype, shape, ranks.map { Double($0) }) }
        return HostArray(
            dtype, shape, ranks.map { Double($0) * 0.25 - Double(count) / 8 + double(0.01, 0.2) })
    }

    /// Some of the axes of a shape, in random order and counted from either end; nil for all.
    package mutating func axes(of shape: Shape) -> [Int]? {
        if oneIn(4) { return nil }
        var axes = (0..<shape.rank).filter { _ in oneIn(2) }
        axes.shuffle(using: &self)
        return axes.map { oneIn(3) ? $0 - shape.rank : $0 }
    }
}
