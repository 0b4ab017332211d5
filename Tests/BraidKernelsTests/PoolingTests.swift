import CBraidKernels
import Testing

/// Pooling and its gradients against plain loops over windows.
@Suite struct PoolingTests {
    private func geometry(_ generator: inout SeededGenerator) -> braid_pool_geometry {
        func random(_ range: ClosedRange<Int64>) -> Int64 {
            Int64.random(in: range, using: &generator)
        }
        var g = braid_pool_geometry()
        g.planes = random(1...5)
        g.adaptive = Int32(random(0...4) / 4)
        g.count_padding = Int32(random(0...1))
        func axis(_ extents: ClosedRange<Int64>, isThere: Bool = true) -> braid_pool_axis {
            if !isThere { return braid_pool_axis(extent: 1, out: 1, kernel: 1, stride: 1, pad: 0) }
            let extent = random(extents), kernel = random(1...min(extent, 6))
            let stride = random(1...3), pad = random(0...(kernel / 2))
            let out = (extent + 2 * pad - kernel) / stride + 1
            // Sometimes with a window that runs over the end.
            let isLonger = out * stride < extent + pad && random(0...1) == 1
            return braid_pool_axis(
                extent: extent,
                out: g.adaptive != 0 ? random(1...extent) : isLonger ? out + 1 : out,
                kernel: kernel, stride: stride, pad: pad)
        }
        g.depth = axis(1...5, isThere: random(0...2) == 0)
        g.height = axis(1...12)
        g.width = axis(1...40)
        return g
    }

    /// The positions inside the plane of every window, in row-major order, and how many elements of the
    /// padded plane it has.
    private func windows(_ g: braid_pool_geometry) -> [(members: [Int], padded: Int)] {
        func parts(_ axis: braid_pool_axis) -> [(inside: [Int64], padded: Int64)] {
            (0..<axis.out).map { window in
                if g.adaptive != 0 {
                    // By the definition of windows that cover evenly: those that touch the share.
                    let inside = (0..<axis.extent).filter {
                        ($0 + 1) * axis.out > window * axis.extent
                            && $0 * axis.out < (window + 1) * axis.extent
                    }
                    return (inside, Int64(inside.count))
                }
                let all = (0..<axis.kernel).map { window * axis.stride - axis.pad + $0 }
                return (
                    all.filter { (0..<axis.extent).contains($0) },
                    Int64(all.count { $0 < axis.extent + axis.pad })
                )
            }
        }
        return parts(g.depth).flatMap { d in
            parts(g.height).flatMap { h in
                parts(g.width).map { w in
                    let members = d.inside.flatMap { z in
                        h.inside.flatMap { y in
                            w.inside.map { Int((z * g.height.extent + y) * g.width.extent + $0) }
                        }
                    }
                    return (members, Int(d.padded * h.padded * w.padded))
                }
            }
        }
    }

    private func check<T: KernelFloat>(
        _: T.Type, _ set: InstructionSet, _ generator: inout SeededGenerator
    ) {
        var g = geometry(&generator)
        let kernels = set.kernels, windows = windows(g)
        let planes = Int(g.planes), size = Int(g.depth.extent * g.height.extent * g.width.extent)
        // Few different values, so that maxima tie; now and then NaN and -inf.
        let x = (0..<(planes * size)).map { _ -> T in
            switch Int.random(in: 0..<40, using: &generator) {
            case 0: .nan
            case 1: -.infinity
            default: T(Int.random(in: -3...3, using: &generator))
            }
        }
        let v: [T] = randoms(planes * size, using: &generator)
        let dy: [T] = randoms(planes * windows.count, using: &generator)
        let what = "\(set) \(T.self) \(g)"

        // Each kernel runs over two ranges of planes.
        let cut = Int64.random(in: 0...g.planes, using: &generator)
        let ranges = [(Int64(0), cut), (cut, g.planes)]
        var y = dy.map { _ in T(9) }, averages = y, gathered = y
        var positions = dy.map { _ in Int64(-9) }
        var dx = x.map { _ in T(9) }, averageGradient = dx
        for (begin, end) in ranges {
            kernels.max_pool(T.dtype, &g, x, &y, begin, end)
            kernels.max_pool_positions(T.dtype, &g, x, &positions, begin, end)
            kernels.max_pool_gradient(T.dtype, &g, x, dy, &dx, begin, end)
            kernels.max_pool_gather(T.dtype, &g, x, v, &gathered, begin, end)
            kernels.average_pool(T.dtype, &g, v, &averages, begin, end)
            kernels.average_pool_gradient(T.dtype, &g, dy, &averageGradient, begin, end)
        }

        var expected = (
            y: y, positions: positions, gathered: gathered, dx: x.map { _ in T(0) },
            averages: dy.map { _ in 0.0 }, gradient: x.map { _ in 0.0 }
        )
        for plane in 0..<planes {
            for (window, (members, padded)) in windows.enumerated() {
                let output = plane * windows.count + window, base = plane * size
                var best = members[0]
                for member in members where !x[base + best].isNaN {
                    if x[base + member].isNaN || x[base + member] > x[base + best] { best = member }
                }
                expected.y[output] = x[base + best]
                expected.positions[output] = Int64(best)
                expected.gathered[output] = v[base + best]
                expected.dx[base + best] += dy[output]
                let divisor = Double(g.count_padding != 0 ? padded : members.count)
                for member in members {
                    expected.averages[output] += Double(v[base + member]) / divisor
                    expected.gradient[base + member] += Double(dy[output]) / divisor
                }
            }
        }
        expectSame(y, expected.y, "max \(what)")
        expectSame(positions, expected.positions, "positions \(what)")
        expectSame(gathered, expected.gathered, "gather \(what)")
        expectSame(dx, expected.dx, "max gradient \(what)")
        let bound = 3 * tolerance(T.self, length: windows.map(\.members.count).max()!)
        for (got, exact) in [(averages, expected.averages), (averageGradient, expected.gradient)] {
            expectNear(got, exact, "average \(what)") { _ in 12 * bound }
        }
    }

    @Test(arguments: InstructionSet.available)
    func randomGeometries(set: InstructionSet) {
        var generator = SeededGenerator(50)
        for _ in 0..<200 {
            check(Float.self, set, &generator)
            check(Double.self, set, &generator)
        }
    }

    /// Windows that lie in the padding altogether.
    @Test(arguments: InstructionSet.available)
    func emptyWindows(set: InstructionSet) {
        var g = braid_pool_geometry()
        g.planes = 1
        g.depth = braid_pool_axis(extent: 1, out: 1, kernel: 1, stride: 1, pad: 0)
        g.height = g.depth
        g.width = braid_pool_axis(extent: 1, out: 3, kernel: 1, stride: 1, pad: 1)
        let kernels = set.kernels, x: [Float] = [4], dy: [Float] = [1, 2, 3]
        var y: [Float] = [9, 9, 9], positions: [Int64] = [9, 9, 9], dx: [Float] = [9]
        kernels.max_pool(BRAID_F32, &g, x, &y, 0, 1)
        kernels.max_pool_positions(BRAID_F32, &g, x, &positions, 0, 1)
        kernels.max_pool_gradient(BRAID_F32, &g, x, dy, &dx, 0, 1)
        #expect(y == [-.infinity, 4, -.infinity])
        #expect(positions == [-1, 0, -1])
        #expect(dx == [2])
        kernels.max_pool_gather(BRAID_F32, &g, x, x, &y, 0, 1)
        #expect(y == [0, 4, 0])
        kernels.average_pool(BRAID_F32, &g, x, &y, 0, 1)
        #expect(y == [0, 4, 0])
    }
}
