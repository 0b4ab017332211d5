import BraidCore
import BraidTestSupport
import Foundation
import Testing

@Suite(.printsSeed) struct ShapeTests {
    /// Extents that make a shape, of every rank.
    private static func extents(_ generator: inout SeededGenerator) -> [Int] {
        (0..<generator.int(0...Shape.maximumRank)).map { _ in
            generator.oneIn(8) ? 0 : generator.oneIn(4) ? 1 : generator.int(0...7)
        }
    }

    @Test func shapesHoldTheirExtents() {
        Seeds.repeated(200) { generator in
            let extents = ShapeTests.extents(&generator)
            let shape = Shape(extents)
            #expect(shape.extents == extents)
            #expect(shape.rank == extents.count)
            #expect(shape.elementCount == extents.reduce(1, *))
            #expect(shape.description == "\(extents)")
            #expect(extents.indices.allSatisfy { shape[$0] == extents[$0] })
        }
    }

    @Test func equalityIsThatOfExtents() {
        Seeds.repeated(200) { generator in
            let (a, b) = (ShapeTests.extents(&generator), ShapeTests.extents(&generator))
            #expect((Shape(a) == Shape(b)) == (a == b))
            #expect(Shape(a).hashValue == Shape(a).hashValue)
        }
        // Extents of 0 in unused places must not count.
        #expect(Shape([2]) != Shape([2, 0]))
        #expect(Shape() != Shape([0]))
        #expect(Set((0..<200).map { Shape([$0, 3, 1, 1, 1, 1, 2, $0]) }).count == 200)
    }

    /// Each change against the same change of a list of extents.
    @Test func changesAreThoseOfExtents() {
        Seeds.repeated(200) { generator in
            let extents = ShapeTests.extents(&generator)
            let shape = Shape(extents)
            let extent = generator.int(0...9)
            if shape.rank > 0 {
                let axis = generator.int(0...shape.rank - 1)
                var changed = extents
                changed[axis] = extent
                #expect(shape.replacing(axis, with: extent) == Shape(changed))
                #expect(shape.replacing(axis, with: extent).elementCount == changed.reduce(1, *))
                changed.remove(at: axis)
                #expect(shape.removing(axis) == Shape(changed))
            }
            if shape.rank < Shape.maximumRank {
                let axis = generator.int(0...shape.rank)
                var changed = extents
                changed.insert(extent, at: axis)
                #expect(shape.inserting(extent, at: axis) == Shape(changed))
                var appended = shape
                appended.append(extent)
                #expect(appended == Shape(extents + [extent]))
                #expect(appended.elementCount == (extents + [extent]).reduce(1, *))
            }
        }
    }

    @Test func axesCountFromEitherEnd() {
        for rank in 0...Shape.maximumRank {
            let shape = Shape([Int](repeating: 2, count: rank))
            for axis in -10...10 {
                let expected: Int? =
                    (0..<rank).contains(axis)
                    ? axis : (-rank..<0).contains(axis) ? axis + rank : nil
                #expect(shape.resolved(axis: axis) == expected)
            }
        }
        #expect(Shape([3]).resolved(axis: .min) == nil)
        #expect(Shape([3]).resolved(axis: .max) == nil)
    }

    @Test func broadcastingIsNumPys() {
        // Every pair of shapes of rank 0 to 3 with extents 0 to 3.
        var shapes: [[Int]] = [[]]
        for rank in 1...3 {
            shapes += HostArray.indices(of: Shape([Int](repeating: 4, count: rank)))
        }
        for a in shapes {
            for b in shapes {
                #expect(Shape(a).broadcast(with: Shape(b))?.extents == broadcast(a, b))
            }
        }
    }

    /// NumPy's rule, from the last extent to the first.
    private func broadcast(_ a: [Int], _ b: [Int]) -> [Int]? {
        var result: [Int] = []
        for place in 1...max(a.count, b.count, 1) where place <= max(a.count, b.count) {
            let x = place <= a.count ? a[a.count - place] : 1
            let y = place <= b.count ? b[b.count - place] : 1
            if x != y, x != 1, y != 1 { return nil }
            result.insert(x == 1 ? y : x, at: 0)
        }
        return result
    }

    @Test func broadcastingLaws() {
        Seeds.repeated(300) { generator in
            let (a, b, c) = (
                Shape(ShapeTests.extents(&generator)), Shape(ShapeTests.extents(&generator)),
                Shape(ShapeTests.extents(&generator))
            )
            #expect(a.broadcast(with: a) == a)
            #expect(a.broadcast(with: []) == a)
            #expect(a.broadcast(with: b) == b.broadcast(with: a))
            if let both = a.broadcast(with: b), let all = both.broadcast(with: c) {
                #expect(b.broadcast(with: c).flatMap { a.broadcast(with: $0) } == all)
                #expect(all.broadcast(with: a) == all)
            }
        }
    }

    @Test(arguments: [
        [-1], [1 << 32], [2, 3, -4], [Int](repeating: 1, count: 9), [1 << 31, 1 << 31],
        [1 << 31, 1 << 31, 0], [.max], [.min],
    ])
    func whatIsNoShapeIsRefused(_ extents: [Int]) {
        #expect(Shape(exactly: extents) == nil)
        let data = Data("\(extents)".utf8)
        let error = #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(Shape.self, from: data)
        }
        guard case .dataCorrupted(let context)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(context.debugDescription.contains("\(extents)"))
    }

    @Test func limitsAreReached() {
        #expect(Shape(exactly: [(1 << 32) - 1])?.elementCount == (1 << 32) - 1)
        #expect(Shape(exactly: [1 << 31, (1 << 31) - 1])?.rank == 2)
        #expect(Shape(exactly: [Int](repeating: 1, count: 8))?.rank == 8)
        // No element at all, whatever the other extents.
        #expect(Shape(exactly: [0, 1 << 31])?.elementCount == 0)
    }

    @Test func shapesSurviveFiles() throws {
        let shapes: [Shape] = [[], [0], [2, 3], [1, 2, 3, 4, 5, 6, 7, 8]]
        let data = try JSONEncoder().encode(shapes)
        #expect(String(decoding: data, as: UTF8.self) == "[[],[0],[2,3],[1,2,3,4,5,6,7,8]]")
        #expect(try JSONDecoder().decode([Shape].self, from: data) == shapes)
    }

    @Test func aWrongShapeStopsTheProgram() async {
        let result = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            _ = Shape([2, -1])
        }
        let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(message.contains("[2, -1] is not a shape"))
    }
}
