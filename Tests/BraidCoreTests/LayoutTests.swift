import BraidCore
import BraidTestSupport
import Testing

@Suite(.printsSeed) struct LayoutTests {
    private func extents(_ generator: inout SeededGenerator) -> [Int] {
        (0..<generator.int(0...4)).map { _ in generator.oneIn(4) ? 1 : generator.int(0...5) }
    }

    @Test func denseStridesAreRowMajor() {
        Seeds.repeated(200) { generator in
            let shape = Shape(extents(&generator))
            let strides = Strides(dense: shape)
            #expect(strides.isDense(for: shape))
            #expect(Layout(dense: shape).isDense)
            #expect(Layout(dense: shape).offset == 0)
            for index in HostArray.indices(of: shape) {
                let position = index.indices.reduce(0) { $0 + index[$1] * strides[$1] }
                #expect(position == HostArray.position(of: index, in: shape))
            }
        }
    }

    /// `isDense` against the definition: the k-th element in row-major order stands at k.
    @Test func denseMeansConsecutive() {
        Seeds.repeated(400) { generator in
            let shape = Shape(extents(&generator))
            var strides = Strides(dense: shape)
            for _ in 0..<generator.int(0...2) where shape.rank > 0 {
                strides[generator.int(0...shape.rank - 1)] = generator.int(-2...6)
            }
            let positions = HostArray.indices(of: shape).map { index in
                index.indices.reduce(0) { $0 + index[$1] * strides[$1] }
            }
            #expect(strides.isDense(for: shape) == (positions == Array(0..<shape.elementCount)))
        }
    }

    @Test func stridesHoldWhatIsSet() {
        var strides = Strides()
        for axis in 0..<Shape.maximumRank {
            #expect(strides[axis] == 0)
            strides[axis] = axis * 1_000_003 - 4
        }
        for axis in 0..<Shape.maximumRank { #expect(strides[axis] == axis * 1_000_003 - 4) }
        var other = strides
        #expect(other == strides)
        other[7] += 1
        #expect(other != strides)
    }

    @Test func aViewOfOneElementIsDense() {
        var strides = Strides()
        strides[0] = 17
        strides[1] = -3
        #expect(strides.isDense(for: [1, 1]))
        #expect(!strides.isDense(for: [2, 1]))
        #expect(strides.isDense(for: [2, 0]))
    }
}
