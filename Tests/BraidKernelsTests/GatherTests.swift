import CBraidKernels
import Testing

/// Gathering along an axis and adding along it.
@Suite struct GatherTests {
    private func check<T: KernelScalar, Index: KernelInteger>(
        _: T.Type, _: Index.Type, _ set: InstructionSet, _ generator: inout SeededGenerator
    ) {
        let kernels = set.kernels
        for (outer, axis, count, inner) in [
            (1, 5, 9, 1), (3, 4, 2, 1), (2, 7, 5, 3), (4, 1, 3, 8), (2, 3, 0, 5), (0, 2, 2, 2),
            (1, 100, 300, 17),
        ] {
            let x: [T] = randoms(outer * axis * inner, using: &generator)
            // Some lie outside and are moved to the nearest end.
            let indices = (0..<count).map { _ in
                Index(Int.random(in: -2..<(axis + 2), using: &generator))
            }
            var y = (0..<(outer * count * inner)).map { _ in x.first! }
            let cut = Int64(outer / 2)
            for (begin, end) in [(0, cut), (cut, Int64(outer))] {
                kernels.gather(
                    MemoryLayout<T>.size, x, Index.dtype, indices, &y, Int64(outer), Int64(axis),
                    Int64(count), Int64(inner), begin, end)
            }
            let expected = (0..<(outer * count * inner)).map { at in
                let o = at / inner / count, c = at / inner % count
                let index = min(max(Int(indices[c]), 0), axis - 1)
                return x[(o * axis + index) * inner + at % inner]
            }
            expectSame(y, expected, "gather [\(outer), \(axis), \(inner)] \(count)")
        }
    }

    @Test(arguments: InstructionSet.available)
    func gather(set: InstructionSet) {
        var generator = SeededGenerator(60)
        check(Float.self, Int64.self, set, &generator)
        check(Double.self, Int32.self, set, &generator)
        check(UInt8.self, Int32.self, set, &generator)
        check(Int16.self, Int64.self, set, &generator)
    }

    private func checkScatter<T: KernelFloat, Index: KernelInteger>(
        _: T.Type, _: Index.Type, _ set: InstructionSet, _ generator: inout SeededGenerator
    ) {
        let kernels = set.kernels
        for (outer, axis, count, inner) in [
            (1, 5, 40, 1), (3, 4, 2, 3), (2, 2, 30, 9), (2, 3, 0, 2), (0, 3, 2, 2),
        ] {
            let dy: [T] = randoms(outer * count * inner, using: &generator)
            let indices = (0..<count).map { _ in
                Index(Int.random(in: -1...axis, using: &generator))
            }
            var dx = [T](repeating: 9, count: outer * axis * inner)
            let cut = Int64(outer / 2)
            for (begin, end) in [(0, cut), (cut, Int64(outer))] {
                kernels.scatter_add(
                    T.dtype, dy, Index.dtype, indices, &dx, Int64(outer), Int64(axis),
                    Int64(count), Int64(inner), begin, end)
            }
            // Duplicates add up in the order of the indices: the same bits.
            var expected = [T](repeating: 0, count: dx.count)
            for o in 0..<outer {
                for c in 0..<count {
                    let index = min(max(Int(indices[c]), 0), axis - 1)
                    for i in 0..<inner {
                        expected[(o * axis + index) * inner + i] += dy[(o * count + c) * inner + i]
                    }
                }
            }
            expectSame(dx, expected, "scatter [\(outer), \(axis), \(inner)] \(count)")
        }
    }

    @Test(arguments: InstructionSet.available)
    func scatterAdd(set: InstructionSet) {
        var generator = SeededGenerator(61)
        checkScatter(Float.self, Int64.self, set, &generator)
        checkScatter(Double.self, Int32.self, set, &generator)
    }
}
